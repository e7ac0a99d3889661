"""keyfile.py: a key is made once and written so that it can be read; see also server/keys.py."""

from pathlib import Path

import pytest

from tremble import keyfile
from tremble.errors import ConfigError


def test_private_key(tmp_path: Path) -> None:
    """Made at first, the same afterwards, and nothing else is left there."""
    path = tmp_path / "keys" / "record.key"

    assert keyfile.read_or_make(path) == keyfile.read_or_make(path)
    assert [found.name for found in path.parent.iterdir()] == ["record.key"]


def test_public_key(tmp_path: Path) -> None:
    """What is published is read again; what is no key is named."""
    keyfile.publish(tmp_path / "record.pub", b"p" * 32)
    assert keyfile.read(tmp_path / "record.pub") == b"p" * 32

    (tmp_path / "record.pub").write_text("zz")
    with pytest.raises(ConfigError, match=r"record\.pub: must hold 64 hex digits"):
        keyfile.read(tmp_path / "record.pub")
