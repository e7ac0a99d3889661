"""One portable file with all documents: JSON, sealed, so that a changed one is refused.

The seal is a BLAKE2b over everything else. Without a passphrase it finds every accident and every
careless change; a forger could seal anew. With a passphrase the seal is keyed (by scrypt), and only
who knows it can make or change an archive. The content is not hidden.
"""

import hmac
import os
from collections.abc import Iterable
from hashlib import blake2b, scrypt
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from tremble.data import codec, files
from tremble.data.documents import DataType, Document
from tremble.data.manager import DataManager
from tremble.errors import ConfigError, TrembleError

#: Six documents of the largest size, and the wrapping.
MAX_ARCHIVE_BYTES = 7 * codec.MAX_BYTES


class BadArchive(TrembleError):
    """The archive was changed, is of another kind, or needs another passphrase."""


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds. *salt* is empty if it was sealed without a passphrase."""

    format: Literal["tremble-data"]
    format_version: Literal[1]
    created_at: str
    documents: dict[str, Any]
    salt: str
    seal: str


class Change(NamedTuple):
    """What importing one document does; "same" is nothing."""

    data_type: DataType
    action: Literal["add", "replace", "same"]
    document: Document


def seal_of(archive: Archive, passphrase: str) -> str:
    """Return the seal that *archive* must have."""
    key = b""
    if archive.salt:
        key = scrypt(
            passphrase.encode(), salt=bytes.fromhex(archive.salt), n=2**14, r=8, p=1, dklen=32
        )
    body = msgspec.json.encode(msgspec.structs.replace(archive, seal=""))
    return blake2b(body, digest_size=32, key=key, person=b"tremble-archive").hexdigest()


def write_archive(
    target: Path, contents: Iterable[tuple[DataType, Document]], now: str, passphrase: str = ""
) -> Archive:
    """Write the documents to *target*, atomically; raise ConfigError if something is there."""
    if os.path.lexists(target):
        raise ConfigError(f"{target} exists already: give another name, or remove it first")
    archive = Archive(
        format="tremble-data",
        format_version=1,
        created_at=now,
        documents={t.value: msgspec.to_builtins(document) for t, document in contents},
        salt=os.urandom(16).hex() if passphrase else "",
        seal="",
    )
    archive = msgspec.structs.replace(archive, seal=seal_of(archive, passphrase))
    temp = f"{target}.tmp"
    try:
        files.write(files.Disk(), os.path.abspath(target), msgspec.json.encode(archive), temp)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error}") from None
    return archive


def read_archive(path: Path, passphrase: str = "") -> list[tuple[DataType, Document]]:
    """Return the documents of the archive at *path*; raise BadArchive unless all of it is sound."""
    try:
        content = files.read(os.path.realpath(path), MAX_ARCHIVE_BYTES)
    except (OSError, files.NotAFile) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    try:
        archive = msgspec.json.decode(content, type=Archive)
        # Also spaces and the order of keys are part of what was sealed.
        check_seal(archive, passphrase, msgspec.json.encode(archive) == content)
        return [
            (DataType(stem), codec.decode(DataType(stem), msgspec.json.encode(raw)))
            for stem, raw in archive.documents.items()
        ]
    except (ValueError, RecursionError, TrembleError) as error:
        raise BadArchive(f"{path} is refused, nothing was imported: {error}") from None


def check_seal(archive: Archive, passphrase: str, is_whole: bool) -> None:
    """Raise BadArchive unless the seal fits the content and the passphrase."""
    if archive.salt and not passphrase:
        raise BadArchive("it is sealed with a passphrase, and none was given")
    if passphrase and not archive.salt:
        raise BadArchive("a passphrase was given, but it is sealed without one")
    if not is_whole or not hmac.compare_digest(seal_of(archive, passphrase), archive.seal):
        what = "was changed after it was sealed"
        raise BadArchive(f"it {what}, or the passphrase is wrong" if passphrase else f"it {what}")


def plan_import(manager: DataManager, contents: list[tuple[DataType, Document]]) -> list[Change]:
    """Return what importing *contents* would do to the documents of *manager*."""
    changes: list[Change] = []
    for data_type, document in contents:
        path = manager.folder / f"{data_type.value}.json"
        try:
            same = codec.decode(data_type, files.read(str(path))) == document
            changes.append(Change(data_type, "same" if same else "replace", document))
        except FileNotFoundError:
            changes.append(Change(data_type, "add", document))
        except (OSError, TrembleError):
            changes.append(Change(data_type, "replace", document))
    return changes


def valid_documents(manager: DataManager) -> list[tuple[DataType, Document]]:
    """Return the documents that are there and valid, as they are: nothing is restored or made."""
    found: list[tuple[DataType, Document]] = []
    for data_type in DataType:
        try:
            content = files.read(str(manager.folder / f"{data_type.value}.json"))
            found.append((data_type, codec.decode(data_type, content)))
        except (OSError, TrembleError):
            continue
    return found
