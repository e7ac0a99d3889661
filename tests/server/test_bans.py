"""server/bans.py: whom a ban meets, for how long, and that none is lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tremble.errors import CommandError, ConfigError
from tremble.server.bans import Ban, Bans, target_of, terms, told

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANN = "a" * 16


def ban(target: str, **more) -> Ban:
    return Ban(target, "aimbot", "alice", NOW, **more)


@pytest.mark.parametrize(
    ("target", "host", "met"),
    [
        ("192.0.2.0/24", "192.0.2.77", True),
        ("192.0.2.0/24", "192.0.3.1", False),
        ("192.0.2.7/32", "[::ffff:192.0.2.7]", True),
        ("2001:db8::/32", "[2001:db8:1::9]", True),
        ("2001:db8::/32", "192.0.2.7", False),
        ("0.0.0.0/0", "no address", False),
    ],
)
def test_ranges(target: str, host: str, met: bool) -> None:
    """A range meets its addresses, however the socket writes them, and no others."""
    bans = Bans()
    bans.add(ban(target))

    assert (bans.of_address(host, NOW) is not None) is met


def test_ban_ends() -> None:
    """At its end a ban holds no longer, and is not kept."""
    bans = Bans()
    bans.add(ban(ANN, until=NOW + timedelta(hours=1)))

    assert bans.of_player(ANN, NOW + timedelta(minutes=59)) is not None
    assert bans.of_player(ANN, NOW + timedelta(hours=1)) is None
    bans.save(NOW + timedelta(hours=1))
    assert bans.by_target == {}


def test_bans_survive_the_process(tmp_path: Path) -> None:
    """What was written is read again, with all that was said of it."""
    bans = Bans(tmp_path)
    bans.add(ban(ANN, evidence="https://e/1", name="ann"))
    bans.add(ban("192.0.2.0/24", until=NOW + timedelta(days=1)))
    bans.add(ban("b" * 16))
    bans.lift("b" * 16)
    for write in bans.save(NOW):
        write()

    assert Bans(tmp_path).by_target == bans.by_target
    assert Bans(tmp_path).of_address("192.0.2.1", NOW) is not None
    assert [p.name for p in tmp_path.iterdir()] == ["bans.json"]


@pytest.mark.parametrize("text", ["", "[", '[{"target": 1}]', '{"a": 1}'])
def test_unreadable_bans_are_told(tmp_path: Path, text: str) -> None:
    """Nobody is let in because a file is broken: the server does not start, naming it."""
    (tmp_path / "bans.json").write_text(text)

    with pytest.raises(ConfigError, match=r"bans\.json"):
        Bans(tmp_path)


def test_nobody_to_unban() -> None:
    with pytest.raises(CommandError, match="nobody is banned"):
        Bans().lift(ANN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ANN.upper(), ANN),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("bob", None),
        ("192.0.2.7/99", None),
    ],
)
def test_targets(text: str, expected: str | None) -> None:
    assert target_of(text) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", (None, "no reason given", "")),
        ("30m too loud", (NOW + timedelta(minutes=30), "too loud", "")),
        ("aimbot evidence=https://e/1", (None, "aimbot", "https://e/1")),
        ("2w", (NOW + timedelta(weeks=2), "no reason given", "")),
        ("30 minutes", (None, "30 minutes", "")),
    ],
)
def test_terms(words: str, expected: tuple) -> None:
    assert terms(words.split(), NOW) == expected


def test_who_is_banned_is_told_why_and_until_when() -> None:
    assert told(ban(ANN)) == "you are banned: aimbot"
    assert told(ban(ANN, until=NOW)) == "you are banned until 2026-01-01 00:00 UTC: aimbot"
