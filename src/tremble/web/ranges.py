"""Ranges: a part of a file for who has the rest already (RFC 9110, 14)."""

import re

from tremble.web.problems import Problem

#: One range of bytes; what asks for several is answered with all.
ONE = re.compile(r"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*", re.ASCII)


def wanted(asked: str | None, only_if: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte that are *asked* for (Range) of *size*; None for all of them.

    *only_if* (If-Range) asks for all unless it is the *etag*. Raises Problem 416 for what is not there.
    """
    found = ONE.fullmatch(asked or "")
    if found is None or only_if not in (None, etag):
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < start:
            return None
    if start > end:
        text = f"there are {size} bytes; ask for some of them"
        raise Problem(416, "no_such_range", text, headers={"content-range": f"bytes */{size}"})
    return start, end
