"""Codes of an authenticator app: TOTP (RFC 6238), SHA-1, 30 s, six digits, which all apps know. Pure."""

import hmac
from base64 import b32decode
from binascii import Error
from urllib.parse import quote

import segno
from markupsafe import Markup

STEP_S = 30
DIGITS = 6
#: Steps before and after the present one that hold too: clocks differ.
SLACK = 1


def code_at(secret: str, step: int) -> str:
    """Return the code of *secret* (base32) in that *step* since 1970. Raises ValueError for no secret."""
    try:
        key = b32decode(secret, casefold=True)
    except Error as error:
        raise ValueError(f"not a secret in base32: {error}") from None
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    # RFC 4226, 5.3: the last half byte says where the 31 bits begin.
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, shown: str, seconds: int) -> int | None:
    """Return the step whose code was *shown* at *seconds* since 1970, None if it is none that holds."""
    given = shown.replace(" ", "")
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    present = seconds // STEP_S
    for step in range(present - SLACK, present + SLACK + 1):
        if hmac.compare_digest(code_at(secret, step), given):
            return step
    return None


def address(secret: str, operator: str, server: str) -> str:
    """Return the otpauth: address that apps take, as a link or in a picture."""
    label = quote(f"{server}:{operator}", safe="")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(server, safe='')}"


def picture(text: str) -> Markup:
    """Return *text* as a QR code: an SVG to stand in a page, black on white, which every app can read."""
    code = segno.make_qr(text, error="m")
    # Made of squares alone: nothing of *text* stands in it as it is.
    return Markup(
        code.svg_inline(omitsize=True, light="#fff", svgclass="qr", lineclass=None, title="QR code")
    )
