"""web/ranges.py: the part that is asked for, all of it if in doubt, and 416 for what is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.web.problems import Problem
from tremble.web.ranges import wanted

TAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (None, None),
        ("bytes=0-9", (0, 9)),
        ("bytes=5-", (5, 99)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-7", (93, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("lines=0-9", None),
        ("bytes=٣-٤", None),
    ],
)
def test_parts(asked: str | None, part: tuple[int, int] | None) -> None:
    """First and last byte; what is no single range asks for nothing less than all."""
    assert wanted(asked, None, TAG, 100) == part


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_no_such_part(asked: str) -> None:
    """What begins behind the end is refused, telling how long it is."""
    with pytest.raises(Problem) as refused:
        wanted(asked, None, TAG, 100)

    assert refused.value.body.status == 416
    assert refused.value.headers == {"content-range": "bytes */100"}


@pytest.mark.parametrize(
    ("only_if", "part"), [(TAG, (0, 9)), ('W/"abc"', None), ('"other"', None), ("a date", None)]
)
def test_only_of_the_same(only_if: str, part: tuple[int, int] | None) -> None:
    """If-Range with another tag asks for all."""
    assert wanted("bytes=0-9", only_if, TAG, 100) == part


@given(st.text(alphabet="bytes=-0123456789, ", max_size=24), st.integers(0, 50))
def test_any_header(asked: str, size: int) -> None:
    """Whatever is asked, the part lies within."""
    try:
        part = wanted(asked, None, TAG, size)
    except Problem as refused:
        assert refused.body.code == "no_such_range"
        return
    assert part is None or 0 <= part[0] <= part[1] < size
