"""Settings read again while Tremble runs (SIGHUP): what changed is logged, a bad file changes nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from tremble import config, maps, sections
from tremble.config import Loaded
from tremble.errors import TrembleError
from tremble.log import logger
from tremble.sections import Settings

log = logger("settings")


class Reloader:
    """Knows the settings that hold; *sets* are those of the command line, which stay."""

    def __init__(self, path: Path, loaded: Loaded, sets: Sequence[str]) -> None:
        self.path = path
        self.settings = loaded.settings
        self.sets = sets

    def again(self) -> Settings | None:
        """Read the settings again and return them; None if nothing that can change now has changed.

        What needs a restart keeps its old value until then, and is told at each reload.
        """
        try:
            found = config.load(self.path, os.environ, self.sets).settings
            check_maps(found, self.path)
        except TrembleError as error:
            log.error("settings not read, the old ones hold", why=str(error))
            return None
        changes = config.changes(self.settings, found)
        for change in changes:
            what = {"setting": change.key, "old": change.old, "new": change.new}
            if needs_restart(change.key, self.settings, found):
                log.warning("setting changes at the next start", **what)
            else:
                log.info("setting changed", **what)
        kept = [c.key for c in changes if needs_restart(c.key, self.settings, found)]
        merged = config.keeping(self.settings, found, kept)
        if merged == self.settings:
            log.info("no setting changed")
            return None
        self.settings = merged
        return merged


def needs_restart(key: str, old: Settings, new: Settings) -> bool:
    """Say whether the change of *key* counts from the next start only."""
    if key == "server.max_players":  # the connections are laid out at start
        return new.server.max_players > old.server.max_players
    section = key.partition(".")[0]
    return key in sections.NEEDS_RESTART or section in sections.SECTIONS_NEED_RESTART


def check_maps(settings: Settings, path: Path) -> None:
    """Raise ConfigError or MapError if a map of *settings* cannot be played."""
    names = [settings.server.map, *(config.entry_of(text)[0] for text in settings.rotation.maps)]
    for name in dict.fromkeys(names):
        maps.load(name, path)
