"""Trust follows the files: added, it counts at once; removed, it is over."""

from pathlib import Path

import pytest
from clients import PRIVATE, SERVER_ID, trust

from tremble import token
from tremble.web.problems import Problem
from tremble.web.trust import Trust

SIGNATURE = token.sign(PRIVATE, b"body")


def refused(trusted: Trust, server: str | None, signature: str | None = SIGNATURE) -> str:
    with pytest.raises(Problem) as problem:
        trusted.check(server, signature, b"body")
    return problem.value.body.code


def test_added_and_removed(tmp_path: Path) -> None:
    """A key that is added later counts, and one that is removed does not."""
    trusted = Trust(tmp_path / "keys" / "servers")
    assert refused(trusted, SERVER_ID) == "unknown_server"

    trust(tmp_path)
    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID

    (tmp_path / "keys" / "servers" / f"{SERVER_ID}.pub").unlink()
    assert refused(trusted, SERVER_ID) == "unknown_server"


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "00" * 32, "é"])
def test_bad_key(tmp_path: Path, content: str) -> None:
    """A file that holds no key, or that of another server, trusts nobody."""
    (tmp_path / f"{SERVER_ID}.pub").write_text(content)

    assert refused(Trust(tmp_path), SERVER_ID) == "unknown_server"


@pytest.mark.parametrize("server", ["../../etc/passwd", "/etc/passwd", "A" * 16, "0" * 17, "\x00"])
def test_odd_names(tmp_path: Path, server: str) -> None:
    """What is no server id never becomes a file name."""
    assert refused(Trust(tmp_path), server) == "unknown_server"


def test_missing(tmp_path: Path) -> None:
    """Without either header it is unsigned."""
    assert refused(Trust(tmp_path), None) == "unsigned"
    assert refused(Trust(tmp_path), SERVER_ID, None) == "unsigned"
