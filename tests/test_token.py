"""Signatures hold for one key and one body; ids are derived and stable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble import token

PRIVATE = bytes(range(32))
PUBLIC = token.public_key(PRIVATE)


@given(st.binary(max_size=200))
def test_signed(body: bytes) -> None:
    """A body verifies under the key that signed it."""
    assert token.verify(PUBLIC, body, token.sign(PRIVATE, body))


@given(st.binary(min_size=1, max_size=50), st.integers(min_value=0))
def test_changed_body(body: bytes, at: int) -> None:
    """With any one bit of the body changed it does not."""
    signature = token.sign(PRIVATE, body)
    changed = bytearray(body)
    changed[at // 8 % len(body)] ^= 1 << at % 8

    assert not token.verify(PUBLIC, bytes(changed), signature)


def test_other_key() -> None:
    """Nor does it under another key."""
    other = token.public_key(token.new_private_key())

    assert not token.verify(other, b"body", token.sign(PRIVATE, b"body"))


@pytest.mark.parametrize("signature", ["", "!", "AAAA", "é", "A" * 88, "\x00"])
def test_garbage(signature: str) -> None:
    """Garbage for a signature is refused, without an error."""
    assert not token.verify(PUBLIC, b"body", signature)


def test_garbage_key() -> None:
    """So is garbage for a key."""
    assert not token.verify(b"short", b"body", token.sign(PRIVATE, b"body"))


def test_ids() -> None:
    """Ids are 16 hex digits, the same for ever, and apart for servers and players."""
    assert token.server_id(PUBLIC) == "f2fd5e1f828a9501"
    assert token.player_id(bytes(16)) == "a79d41b8716cd112"
    assert token.server_id(bytes(16)) != token.player_id(bytes(16))
