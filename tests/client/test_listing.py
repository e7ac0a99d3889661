"""Lists of servers: what fits, and in which order."""

import pytest

from tremble.client.listing import KEYS, Filter, arranged


def server(name, ping, players=0, bots=0, most=16, **more):
    return {
        "name": name, "map": "arena_01", "gamemode": "duel", "server_address": f"{name}:1",
        "ping": ping, "current_players": players, "bots": bots, "max_players": most,
        "favourite": False, "sources": ["master"], **more,
    }  # fmt: skip


A = server("Anna", 30.0, 4, map="pit", favourite=True)
B = server("bob", 10.0, 16, gamemode="ffa")
C = server("Cara", 20.0, 2, bots=2, sources=["lan", "master"])
ALL = [A, B, C]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [B, C, A]),
        (Filter(text="AN"), [A]),
        (Filter(text="pit"), [A]),
        (Filter(gamemode="ffa"), [B]),
        (Filter(map="arena_01"), [B, C]),
        (Filter(max_ping=20.0), [B, C]),
        (Filter(not_full=True), [C, A]),
        (Filter(not_empty=True), [B, A]),
        (Filter(favourite=True), [A]),
        (Filter(source="lan"), [C]),
        (Filter(text="a", not_full=True, not_empty=True), [A]),
    ],
)
def test_only_what_fits_is_listed(wanted, expected):
    """Nearest first; bots are no company."""
    assert arranged(ALL, wanted) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("ping", [B, C, A]), ("name", [A, B, C]), ("players", [B, A, C]), ("free", [C, A, B]),
        ("map", [B, C, A]), ("gamemode", [C, A, B]), ("address", [A, C, B]),
    ],
)  # fmt: skip
def test_each_order(sort, expected):
    """And the other way round the reverse, but for those that are equal."""
    assert arranged(ALL, sort=sort) == expected
    assert [KEYS[sort](s) for s in arranged(ALL, sort=sort, reverse=True)] == sorted(
        map(KEYS[sort], ALL), reverse=True
    )
