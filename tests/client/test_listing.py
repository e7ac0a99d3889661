"""Lists of servers: what fits, and in which order."""

import pytest

from tremble.client.listing import KEYS, Filter, arranged, nearer, twins


def server(name, ping, players=0, bots=0, most=16, **more):
    return {
        "name": name, "map": "arena_01", "gamemode": "duel", "server_address": f"{name}:1",
        "ping": ping, "current_players": players, "bots": bots, "max_players": most,
        "favourite": False, "sources": ["master"], "password": False, "server_id": "", "port": 1,
        **more,
    }  # fmt: skip


A = server("Anna", 30.0, 4, map="pit", favourite=True)
B = server("bob", 10.0, 16, gamemode="ffa")
C = server("Cara", 20.0, 2, bots=2, sources=["lan", "master"], password=True)
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
        (Filter(password=True), [C]),
        (Filter(password=False), [B, A]),
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


def at(address, **more):
    port = int(address.rpartition(":")[2])
    return server("x", 1.0, **{"server_address": address, "server_id": "5e", "port": port, **more})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (at("127.0.0.1:4433"), at("192.168.0.5:4433"), True),
        (at("[::1]:4433"), at("198.51.100.7:4433"), True),
        (at("1.1.1.1:4433"), at("8.8.8.8:4433"), False),
        (at("127.0.0.1:4433"), at("192.168.0.5:4434"), False),
        (at("127.0.0.1:4433"), at("192.168.0.5:4433", server_id="6f"), False),
        (at("127.0.0.1:4433", server_id=""), at("192.168.0.5:4433", server_id=""), False),
    ],
)
def test_one_server_at_two_addresses(one, other, same):
    """By id and port, and only if one of them is near: a claimed id hides nobody elsewhere."""
    assert twins(one, other) is twins(other, one) is same


def test_the_nearer_of_two_addresses_is_shown():
    """Unless the other is a favourite."""
    here, there = at("127.0.0.1:4433"), at("192.168.0.5:4433")

    assert nearer(there, here) is nearer(here, there) is here
    assert nearer(here, there | {"favourite": True})["server_address"] == "192.168.0.5:4433"
