"""The player's own list of servers: favourites and where it has played, in one JSON file.

The file is replaced whole, so it is the old or the new one whatever happens. One that cannot be read
is put aside as NAME.bad and the list begins anew: a browser must open.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tremble.errors import TrembleError

#: Servers kept in the history, newest first.
MAX_HISTORY = 100
#: Favourites kept.
MAX_FAVOURITES = 1000
Text = Annotated[str, Meta(max_length=300)]


class Played(msgspec.Struct):
    """A server that was played on; *last_played* in seconds since 1970."""

    address: Text
    name: Text
    last_played: float


class Lists(msgspec.Struct):
    """What the file holds."""

    favourites: list[Text] = []
    history: list[Played] = []


class AddressBook:
    """Favourites and history in the file *path*; without a path they last as long as the program."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lists = Lists()
        if path is not None:
            self._load(path)

    def add_favourite(self, address: str) -> None:
        """Put *address* (HOST:PORT) among the favourites."""
        if address not in self.lists.favourites:
            self.lists.favourites = [*self.lists.favourites, address][-MAX_FAVOURITES:]
            self._save()

    def remove_favourite(self, address: str) -> bool:
        """Take *address* from the favourites; False if it was none."""
        if address not in self.lists.favourites:
            return False
        self.lists.favourites = [other for other in self.lists.favourites if other != address]
        self._save()
        return True

    def note_played(self, address: str, name: str, when: float) -> None:
        """Put *address* at the head of the history."""
        others = [played for played in self.lists.history if played.address != address]
        self.lists.history = [Played(address, name[:300], when), *others][:MAX_HISTORY]
        self._save()

    def _load(self, path: Path) -> None:
        try:
            self.lists = msgspec.json.decode(path.read_bytes(), type=Lists)
        except FileNotFoundError:
            return
        except OSError as error:
            raise TrembleError(f"{path}: {error.strerror}; favourites cannot be read") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            with suppress(OSError):
                path.replace(path.with_name(path.name + ".bad"))

    def _save(self) -> None:
        if self.path is None:
            return
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self.lists)))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise TrembleError(f"{self.path}: {error.strerror}; the list was not saved") from None
