"""Codes of authenticator apps, by the vectors of RFC 6238, appendix B (their last six digits)."""

from base64 import b32encode
from xml.etree import ElementTree

import pytest
import segno

from tremble.web.dashboard import totp

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_vectors(seconds: int, code: str) -> None:
    """The code of the present step holds, and those beside it; no other does."""
    step = seconds // totp.STEP_S

    assert totp.code_at(SECRET, step) == code
    assert totp.step_of(SECRET, f"{code[:3]} {code[3:]}", seconds) == step
    assert totp.step_of(SECRET, code, seconds + totp.STEP_S) == step
    assert totp.step_of(SECRET, code, seconds + 2 * totp.STEP_S) is None


@pytest.mark.parametrize("shown", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦"])
def test_no_code(shown: str) -> None:
    """What is no code is refused without a look at the secret."""
    assert totp.step_of(SECRET, shown, 59) is None


def test_picture() -> None:
    """A QR code of the fewest squares that hold the address, with its margin; an SVG without styles."""
    address = totp.address(SECRET, "anna", "Tremble")
    drawn = ElementTree.fromstring(totp.picture(address))
    side = segno.make_qr(address, error="m").symbol_size()[0]

    assert drawn.get("viewBox") == f"0 0 {side} {side}"
    assert side <= 49 + 8
    assert "style" not in totp.picture(address) and SECRET not in totp.picture(address)


def test_no_secret() -> None:
    """A secret that is not base32 is named as such."""
    with pytest.raises(ValueError, match="base32"):
        totp.code_at("not a secret!", 1)
