"""server/commands.py and its rows: one table, whoever calls."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import Game
from rooms import room

from tremble.net import messages
from tremble.server import audit, commands
from tremble.server.calling import ROLES, Caller, Reply
from tremble.server.house import House, write_at_once

ADMIN = Caller("alice", "console", "admin")


@pytest.fixture
def game() -> Game:
    played = Game(room())
    played.client("ann"), played.client("Bob the Great", host="10.0.0.2")
    played.tick(20)
    return played


def do(game: Game, line: str, caller: Caller = ADMIN) -> Reply:
    return commands.execute(game.server, caller, line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("  kick  ann ", ["kick", "ann"]),
        ('kick "Bob the Great" too loud', ["kick", "Bob the Great", "too", "loud"]),
        ("say don't \"stop", ["say", "don't", "stop"]),
        (r'tell "a\"b\\c\d"', ["tell", r'a"b\c\d']),
        ('ban ""', ["ban", ""]),
        (r"say a\b", ["say", r"a\b"]),
    ],
)
def test_split(line: str, expected: list[str]) -> None:
    """Spaces part words, double quotes hold one together, nothing is an error."""
    assert commands.split(line) == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_split_undoes_quoting(words: list[str]) -> None:
    """Any words come back as they were when each is quoted."""
    quoted = ['"' + w.replace("\\", "\\\\").replace('"', '\\"') + '"' for w in words]

    assert commands.split(" ".join(quoted)) == words


@given(st.text())
def test_any_line_has_a_reply(line: str) -> None:
    """No line whatever raises, or does what its caller may not."""
    game = Game(room())

    reply = do(game, line, Caller("eve", "rcon", "viewer"))

    assert isinstance(reply.text, str)


def test_unknown_command_names_the_nearest(game: Game) -> None:
    assert do(game, "kik ann") == Reply(False, "there is no command 'kik'; did you mean kick?")


def test_roles(game: Game) -> None:
    """A viewer may look, not act; nothing is done."""
    viewer = Caller("eve", "console", "viewer")

    refused = do(game, "kick ann", viewer)
    game.tick(20)

    assert (refused.ok, refused.text) == (False, "kick is for the role moderator; you have viewer")
    assert do(game, "status", viewer).ok
    assert len(game.server.clients.by_number) == 2
    assert "10.0.0.2" not in do(game, "players", viewer).text
    assert "10.0.0.2" in do(game, "players").text


def test_too_few_words_tell_the_usage(game: Game) -> None:
    assert do(game, "kick") == Reply(False, "usage: kick PLAYER [REASON]")


def test_rows_are_sound() -> None:
    """Each row has what help and the checks need."""
    for name, row in commands.TABLE.items():
        required = [w for w in row.usage.split()[1:] if not w.startswith("[")]
        assert (row.name, row.usage.split()[0]) == (name, name)
        assert row.role in ROLES
        assert row.help.endswith(".")
        assert row.least <= len(required), name


def test_help_shows_what_one_may(game: Game) -> None:
    """A viewer is not shown what he may not call."""
    shown = do(game, "help", Caller("eve", "console", "viewer"))

    assert {c["name"] for c in shown.data["commands"]} == {
        name for name, row in commands.TABLE.items() if row.role == "viewer"
    }
    assert do(game, "help kick").text.startswith("kick PLAYER [REASON]\n")


def test_status_and_players(game: Game) -> None:
    """Both tell people and programs the same."""
    found = do(game, "status").data
    rows = do(game, "players").data["players"]

    assert (found["players"], found["arenas"][0]["players"]) == (2, 2)
    assert [(r["name"], r["slot"]) for r in rows] == [("ann", 0), ("Bob the Great", 1)]


@pytest.mark.parametrize("who", ["ANN", "an", "#1", "{id}"])
def test_kick_by_name_number_or_id(game: Game, who: str) -> None:
    """The one meant is told the reason and is gone; the other stays."""
    ann, bob = game.clients.values()
    assert ann.welcome is not None
    reply = do(game, f"kick {who.format(id=ann.welcome.player_id)} too loud")
    game.tick(40)

    assert reply.ok and reply.text == "kicked ann: too loud"
    assert ann.refused is not None
    assert ann.refused.code == messages.REFUSED_KICKED
    assert ann.refused.reason == "you were kicked: too loud"
    assert [c.session.name for c in game.server.clients.by_number.values()] == [bob.name]


def test_ambiguous_name_kicks_nobody(game: Game) -> None:
    game.client("annabel")
    game.tick(20)

    assert do(game, "kick an").text == "'an' may be #1 ann, #3 annabel; say which by its number"
    assert do(game, "kick ann").text == "kicked ann: no reason given"
    assert do(game, "kick zoe").text == "there is no player 'zoe' here; players lists them"


def test_say_and_tell(game: Game) -> None:
    """All hear the one, one hears the other; control characters do not travel."""
    ann, bob = game.clients.values()

    do(game, "say   good\x07 game")
    do(game, 'tell "Bob the Great" behind you')
    game.tick(10)

    assert [(c.slot, c.name, c.text) for c in ann.chat] == [
        (messages.NO_SLOT, "server", "good game")
    ]
    assert [c.text for c in bob.chat] == ["good game", "behind you"]


def test_fault_of_ours_is_told_and_survived(game: Game, monkeypatch) -> None:
    """A command that fails by our own fault says so and ends nothing."""
    monkeypatch.setattr(game.server.clients, "put_out", lambda *_: 1 / 0)

    reply = do(game, "kick ann")

    assert not reply.ok and "fault of the server" in reply.text
    assert do(game, "status").ok


def test_news_tell_what_happens() -> None:
    """Joins, chat, commands and leaves come in their order."""
    game = Game(room())
    heard: list[tuple[str, dict]] = []
    game.server.news.listeners.append(lambda kind, facts: heard.append((kind, facts)))
    ann = game.client("ann")
    game.tick(20)

    ann.say("hi")
    game.tick(10)
    do(game, "kick ann")
    game.tick(20)

    kinds = [kind for kind, _ in heard if kind != "phase"]
    assert kinds == ["join", "chat", "leave", "command"]
    assert heard[-1][1] == {"line": "kick ann", "by": "alice", "via": "console", "ok": True}


@pytest.fixture
def housed(tmp_path: Path) -> Game:
    """A game whose house keeps what it must in a directory."""
    played = Game(room())
    played.server.house = played.server.clients.house = House(tmp_path)
    return played


def test_banned_player_is_put_out_and_stays_out(housed: Game, tmp_path: Path) -> None:
    """By name: gone at once, refused at JOIN with the reason, back after unban."""
    ann = housed.client("ann")
    housed.tick(20)
    reply = do(housed, "ban ann 2h aimbot evidence=demo7")
    write_at_once(reply)
    housed.tick(40)
    again = housed.client("ann")
    housed.tick(40)
    assert ann.welcome is not None
    write_at_once(do(housed, f"unban {ann.welcome.player_id}"))
    back = housed.client("ann")
    housed.tick(40)

    assert ann.refused is not None and ann.refused.code == messages.REFUSED_BANNED
    assert again.refused is not None and again.refused.reason.endswith("UTC: aimbot")
    assert back.welcome is not None
    assert [e["command"].split()[0] for e in audit.read(tmp_path)] == ["ban", "unban"]
    assert next(audit.read(tmp_path))["after"]["evidence"] == "demo7"


def test_banned_range_is_refused_at_connect(game: Game) -> None:
    """Whoever is in the range is put out, whoever comes from it is refused; others are not."""
    do(game, "ban 10.0.0.2/31 spam")
    bob = game.clients[b"10.0.0.2:40001"]
    new = game.client("cyd", host="10.0.0.3")
    other = game.client("dan", host="10.0.0.4")
    game.tick(60)

    assert [c.refused is not None for c in (bob, new, other)] == [True, True, False]
    assert do(game, "bans").data["bans"][0]["target"] == "10.0.0.2/31"


def test_muted_player_is_not_heard(game: Game) -> None:
    """Nobody hears who is muted, until unmute."""
    ann, bob = game.clients.values()
    do(game, "mute ann")
    ann.say("spam")
    game.tick(10)
    do(game, "unmute ann")
    ann.say("sorry")
    game.tick(10)

    assert [c.text for c in bob.chat] == ["sorry"]


def test_map_and_mode_change(game: Game) -> None:
    """Between matches at once; a map or mode that is not there changes nothing."""
    wrong = [do(game, "map nowhere").ok, do(game, "mode soccer").ok, do(game, "map arena_01 7").ok]
    before = game.arena.level.name
    reply = do(game, "map arena_01")
    mode = do(game, "mode ffa 0")
    game.tick(5)
    for _ in range(2000):
        if game.arena.level.name == "arena_01" and game.arena.mode.name == "ffa":
            break
        game.tick()

    assert wrong == [False] * 3
    assert before != "arena_01"
    assert reply.ok and mode.ok
    assert (game.arena.level.name, game.arena.mode.name) == ("arena_01", "ffa")


def test_set_changes_the_matches_to_come(game: Game) -> None:
    """A setting is shown, changed with before and after, and refused out of its range."""
    shown = do(game, "set match.frag_limit").text
    reply = do(game, "set match.frag_limit 7")
    refused = [do(game, f"set {words}").ok for words in (
        "match.frag_limit 1001", "match.frag_limit x", "match.nothing 1", "match.overtime_s nan",
    )]  # fmt: skip

    assert shown == "match.frag_limit = 3"
    assert (reply.before, reply.after) == ({"match.frag_limit": 3}, {"match.frag_limit": 7})
    assert game.arena.settings.frag_limit == 7
    assert refused == [False] * 4
    do(game, "set match.time_limit_s 0")
    assert do(game, "set match.frag_limit 0").text.endswith("would never end")


def test_restart_drops_what_was_played(game: Game) -> None:
    """The match begins again with the same people; nothing is posted."""
    game.tick(60)
    before = game.arena.match.match_id

    assert do(game, "restart 0").ok
    game.tick(5)

    assert game.arena.match.match_id != before
    assert len(game.arena.members.members) == 2
    assert game.results == []


def test_drain_lets_nobody_in(game: Game) -> None:
    """Those here are told, newcomers refused with the reason, until it is taken back."""
    ann, _ = game.clients.values()
    do(game, "drain 60 new version")
    late = game.client("cyd")
    game.tick(60)
    counting = game.server.drained(game.now)
    do(game, "drain off")
    in_time = game.client("dan")
    game.tick(60)

    assert ann.chat[-1].text == "new version"
    assert late.refused is not None and late.refused.code == messages.REFUSED_STOPPING
    assert late.refused.reason == "new version"
    assert counting is False
    assert in_time.welcome is not None


def test_refused_commands_are_audited_too(housed: Game, tmp_path: Path) -> None:
    """Who tried what he may not is in the log; who only looked is not."""
    viewer = Caller("eve", "rcon", "viewer", "192.0.2.9")
    for line in ("players", "stop", "kik"):
        write_at_once(do(housed, line, viewer))

    assert [(e["who"], e["command"], e["ok"]) for e in audit.read(tmp_path)] == [
        ("eve", "stop", False)
    ]
