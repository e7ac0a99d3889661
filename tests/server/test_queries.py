"""Queries as the server answers them: budgets, challenges, and nothing more than was sent."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import SERVER_ID, Game
from rooms import room

from tremble.net import a2s, query
from tremble.net.messages import JOIN_BOT
from tremble.server.queries import ADDRESS_BURST, ENVIRONMENTS, QUERY_RATE, Queries

HOST = b"10.0.0.9"
INFO = b"\xff\xff\xff\xffTSource Engine Query\0"


@pytest.fixture(scope="module")
def game():
    """A server on which one plays."""
    game = Game(room())
    game.client("one")
    game.tick(30)
    return game


def ask(game, data, now=None, host=HOST):
    return game.server.queries.answer(game.server, data, host, game.now if now is None else now)


def test_who_sends_the_challenge_back_is_answered(game):
    """INFO, PLAYER and RULES take the same one."""
    game.server.queries = Queries(game.now)
    [challenge] = ask(game, INFO)
    [info] = ask(game, INFO + challenge[5:])
    [players] = ask(game, b"\xff\xff\xff\xffU" + challenge[5:])
    [rules] = ask(game, b"\xff\xff\xff\xffV" + challenge[5:])

    assert challenge[:5] == b"\xff\xff\xff\xffA"
    assert b"test server\0" in info
    assert players[5] == 1
    assert b"one\0" in players
    assert b"gamemode\0duel\0" in rules


@settings(max_examples=200)
@given(
    st.sampled_from([b"", INFO, b"\xff\xff\xff\xff", b"\xff\xff\xff\xffU", b"\xff\xff\xff\xffW"]),
    st.binary(max_size=40),
)
def test_an_unverified_address_gets_no_more_bytes_than_it_sent(game, head, rest):
    """Whatever it sends."""
    game.server.queries = Queries(game.now)
    packets = ask(game, head + rest)

    assert sum(map(len, packets)) <= len(head + rest)


def test_a_challenge_is_good_for_another_port_and_no_other_address(game):
    """Two clients in use change their port between the questions."""
    game.server.queries = Queries(game.now)
    [challenge] = ask(game, INFO)
    [other] = ask(game, INFO + challenge[5:], host=b"10.0.0.8")

    assert other[4] == a2s.CHALLENGE


def test_an_address_that_asks_too_much_hears_nothing(game):
    """Others are answered as before; what was not answered is counted."""
    queries = game.server.queries = Queries(game.now)
    for _ in range(int(ADDRESS_BURST)):
        assert ask(game, query.question("ping", 1))

    assert not ask(game, query.question("ping", 1))
    assert ask(game, query.question("ping", 1), host=b"10.9.9.1")
    assert ask(game, query.question("ping", 1), now=game.now + 1.0)
    assert queries.over_budget == 1
    assert queries.answered == ADDRESS_BURST + 2


@pytest.mark.parametrize("setting", ["lan", "public"])
def test_a_server_that_hides_is_silent_to_broadcasts(game, monkeypatch, setting):
    """server_discovery gets no answer off the LAN or if not public; a direct question does as ever."""
    game.server.queries = Queries(game.now)
    monkeypatch.setattr(game.server.options, setting, False)

    assert not ask(game, query.question("server_discovery", 1))
    assert ask(game, query.question("server_info_request", 1))


def test_a_password_is_told(game, monkeypatch):
    """In both dialects that there is one, and never which; the server's id too."""
    game.server.queries = Queries(game.now)
    monkeypatch.setattr(game.server.options, "password", "secret")
    [told] = ask(game, query.question("server_info_request", 1))
    [challenge] = ask(game, INFO)
    [info] = ask(game, INFO + challenge[5:])
    [rules] = ask(game, b"\xff\xff\xff\xffV" + challenge[5:])

    assert query.read_answer(told).server_info.password
    assert query.read_answer(told).server_info.server_id == SERVER_ID
    assert b"d" + ENVIRONMENTS[sys.platform].encode() + b"\1\0" in info
    assert f"server_id\0{SERVER_ID}\0".encode() in rules
    assert b"secret" not in told + info + rules


def test_without_rate_limit_one_address_is_not_bounded(game, monkeypatch):
    """rate_limit_requests off: the budget of all together is the only one."""
    game.server.queries = Queries(game.now)
    monkeypatch.setattr(game.server.options, "rate_limit", False)
    question = query.question("ping", 1)

    answered = sum(bool(ask(game, question)) for _ in range(600))

    assert answered == QUERY_RATE


def test_what_is_told_is_fresh_when_people_come():
    """Between changes the same bytes are told for a second, then the clock goes on."""
    game = Game(room())
    question = query.question("server_info_request", 1)
    first = ask(game, question)
    again = ask(game, question, now=game.now + 0.9)
    later = query.read_answer(ask(game, question, now=game.now + 1.1)[0])
    game.client("one")
    game.tick(30)
    joined = query.read_answer(ask(game, question)[0])

    assert first == again
    assert later.server_info.uptime > 1.0
    assert [line.name for line in joined.server_info.players] == ["one"]


def test_bots_come_last_and_have_no_time():
    """So tools tell them from people, whatever the score."""
    game = Game(room(), mode="ffa")
    game.client("bot", JOIN_BOT)
    game.client("one")
    game.tick(60)
    queries = Queries(game.now)
    game.server.queries = queries
    [challenge] = ask(game, INFO)
    [players] = ask(game, b"\xff\xff\xff\xffU" + challenge[5:])

    assert players.index(b"one\0") < players.index(b"bot\0")
    assert players.endswith(b"\x00\x00\x80\xbf")
