"""server/keys.py: one key pair per server, made once."""

import stat
from pathlib import Path

import pytest

from tremble import token
from tremble.errors import ConfigError
from tremble.server import keys


def test_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """The first start makes a key that only its owner can read; later ones use it."""
    first = keys.server_key(tmp_path)

    assert keys.server_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "keys" / "server.key").stat().st_mode) == 0o600


def test_public_key_lies_where_the_web_process_looks(tmp_path: Path) -> None:
    """keys/servers/<server id>.pub holds the public key in hex."""
    public = token.public_key(keys.server_key(tmp_path))

    path = tmp_path / "keys" / "servers" / f"{token.server_id(public)}.pub"
    assert bytes.fromhex(path.read_text()) == public


@pytest.mark.parametrize("text", ["", "zz" * 32, "ab" * 31, "é"])
def test_damaged_key_is_not_replaced(tmp_path: Path, text: str) -> None:
    """A key file that is no key is named and left alone: a new key would orphan waiting results."""
    path = tmp_path / "keys" / "server.key"
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(ConfigError, match=r"server\.key: must hold 64 hex digits"):
        keys.server_key(tmp_path)
    assert path.read_text() == text
