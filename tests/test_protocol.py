"""`docs/protocol.md` is the wire: its tables are the code's, and they alone decode real packets."""

from collections import Counter
from dataclasses import asdict

import pytest
from frames import Walk
from memory import QUICK, Game
from rooms import entity, room
from wire_page import Page

from tremble.match.match import PHASE_NAMES
from tremble.net import fields, messages, query, session, snapshot, usercmds
from tremble.net.fields import ANGLE, INT, PLACE, PREDICT_8, PREDICT_64, UINT, numbers
from tremble.net.messages import JOIN_BOT, JOIN_SPECTATE
from tremble.net.snapshot import Decoder, Encoder, view
from tremble.server import queries
from tremble.sim import state, tuning
from tremble.sim.level import ITEM_CLASSES, ITEM_NAMES
from tremble.sim.state import Event, Usercmd

PAGE = Page()
TABLES = {"PLAYER": fields.PLAYER, "OWN": fields.OWN, "PROJECTILE": fields.PROJECTILE}
KINDS = {UINT: "UINT", INT: "INT", ANGLE: "ANGLE", PLACE: "PLACE"}
NUMBERS = {
    messages: ["PROTOCOL_VERSION", "CONNECT_DATA", "CHANNELS", "MAX_NAME", "MAX_CHAT", "MAX_REST", "NO_SLOT"],
    snapshot: ["RING", "MAX_BYTES", "MAX_EVENTS"],
    usercmds: ["MIN_COUNT", "MAX_COUNT"],
    session: [
        "FULL_EVERY", "MAX_WAITING", "MIN_WANTED", "WANTED", "MAX_WANTED", "REPEAT", "JOIN_TIMEOUT",
        "RATE", "BURST", "TALK_RATE", "TALK_BURST", "MAX_GARBAGE",
    ],
    state: ["MAX_PLAYERS", "MAX_PROJECTILES", "MAX_ITEMS"],
    tuning: ["TICK_RATE"],
}  # fmt: skip


def names(heading):
    """Return a table of numbers and names as the page has it."""
    return {int(row["value"]): row["name"] for row in PAGE.tables[f"{heading}/value"]}


def constants(module, prefix):
    """Return the constants of *module* that begin with *prefix*, by value."""
    return {v: k for k, v in vars(module).items() if k.startswith(prefix)}


class TestTables:
    def test_messages(self):
        """Ids, names, values and their kinds are those of the code, in order."""
        code = {
            number: [(name, kind) for name, kind in layout]
            for number, layout in messages.LAYOUT.values()
        }
        page = {
            number: [(row["value"], row["kind"]) for row in rows]
            for number, (_, rows) in PAGE.messages.items()
        }

        assert page == code
        for kind, (number, _) in messages.LAYOUT.items():
            assert PAGE.messages[number][0].replace("_", "") == kind.__name__.upper()

    @pytest.mark.parametrize("name", TABLES)
    def test_fields(self, name):
        """Each row has the code's name, kind, widths and scale; the rate is the code's."""
        table, code = PAGE.fields[name], TABLES[name]
        rows = zip(table.names, table.kinds, table.bits, table.small, table.scale, strict=True)

        assert list(rows) == [(f.name, KINDS[f.kind], f.bits, f.small, f.scale) for f in code]
        assert table.rate == (PREDICT_8 if code[1].scale == 8.0 else PREDICT_64)

    def test_events(self):
        """Kinds, names and the values that travel are the code's."""
        code = {
            kind: (constants(state, "EV_")[kind].removeprefix("EV_"), list(letters))
            for kind, letters in fields.EVENT.items()
        }

        assert PAGE.events == code
        assert PAGE.letters == fields.EVENT_BITS

    def test_usercmds(self):
        """The widths are the code's; a signed one is negative there."""
        rows = PAGE.tables["Usercmds/usercmd"]
        widths = [int(r["bits"]) * (-1 if r["signed"] == "yes" else 1) for r in rows]

        assert tuple(widths) == usercmds.WIDTHS

    def test_numbers(self):
        """Every number of the page is the code's, and none is left out."""
        page = {row["name"]: int(row["value"], 0) for row in PAGE.tables["Numbers/name"]}
        code = {name: getattr(module, name) for module in NUMBERS for name in NUMBERS[module]}

        assert page == code

    def test_names(self):
        """Phases, refusals, weapons, means of death, items, life, buttons, flags."""
        assert names("Phases") == dict(enumerate(PHASE_NAMES))
        assert names("Refusals") == constants(messages, "REFUSED_")
        assert names("Weapons") == dict(enumerate(state.WEAPON_NAMES))
        assert names("Means of death") == dict(enumerate(state.MOD_NAMES))
        assert names("Items") == dict(enumerate(ITEM_NAMES))
        assert {
            r["class name"]: int(r["value"]) for r in PAGE.tables["Items/value"]
        } == ITEM_CLASSES
        assert names("Life") == {state.GONE: "GONE", state.ALIVE: "ALIVE", state.DEAD: "DEAD"}
        assert names("Buttons") == constants(state, "BUTTON_")
        assert names("Join flags") == constants(messages, "JOIN_")

    def test_channels(self):
        """The channels are the code's."""
        page = {row["carries"]: int(row["channel"]) for row in PAGE.tables["Transport/channel"]}

        assert page == {
            "[messages](#messages)": messages.CHANNEL_RELIABLE,
            "[snapshots](#snapshots)": messages.CHANNEL_SNAPSHOT,
            "[usercmds](#usercmds)": messages.CHANNEL_USERCMD,
        }

    def test_queries(self):
        """The members of a server's answer are the code's, and so are the bounds in the text."""
        page = [
            row["member of server_info"] for row in PAGE.tables["Queries/member of server_info"]
        ]

        assert page == list(query.ServerInfo.__struct_fields__)
        assert query.MAX_BYTES == 1200
        assert (queries.ADDRESS_RATE, queries.ADDRESS_BURST) == (10, 40)
        assert (queries.QUERY_RATE, queries.VERIFIED_RATE) == (500, 200)


def play():
    """Return a game in which everything has been said: joins, chat, a match to its end, a refusal."""
    spawns = [
        entity("info_player_deathmatch", origin=f"{x} 0 24", angle=angle)
        for x, angle in ((-200, 0), (200, 180))
    ]
    game = Game(room(entities=spawns), settings=QUICK)
    one, two, three = game.client("one"), game.client("two", JOIN_BOT), game.client("three")
    idler = game.client("idler", JOIN_SPECTATE)
    other_version(game)
    two.behind = 33
    for i in range(600):
        for n, client in enumerate((one, two, three, idler)):
            aim = (0 if n == 0 else 32768) + (i * 40 if i % 3 else 0)
            ahead, buttons, weapon = 127 if i % 50 < 25 else -40, (i // 20 + n) % 4, i // 30 % 3
            client.usercmd(Usercmd(0, ahead, n, aim & 65535, i - 300, buttons, weapon))
        if i == 60:
            game.server.options.password = "open sesame"
            game.client("knower", JOIN_SPECTATE, "10.0.0.3").password = "open sesame"
        if i == 100:
            one.say("hello, wörld")
        if i == 400:
            two.spectate(True)
        if i == 500:
            two.spectate(False)
        if i == 120:
            game.arena.change_level(room(entities=spawns), game.arena.mode)
        game.tick()
    return game


def other_version(game):
    """Let a client of another version try to join *game*."""
    stranger = game.client("stranger", host="10.0.0.2")
    send = stranger.send
    stranger.send = lambda message: send(
        messages.Join(99, message.key, 0, message.name, b"ticket")
        if isinstance(message, messages.Join)
        else message
    )


def values_of(message):
    """Return a decoded message as the page's decoder gives it."""
    found = asdict(message)
    if "lines" in found:
        found["lines"] = [list(line.values()) for line in found["lines"]]
    return found


def command_values(command):
    """Return a usercmd as the page's decoder gives it."""
    rows = [row["usercmd"] for row in PAGE.tables["Usercmds/usercmd"]]
    return {name: getattr(command, name) for name in [*rows, "tick"]}


def event_values(tick, event):
    """Return an event as the page's decoder gives it."""
    found = {"kind": event.kind, "tick": tick}
    for letter in fields.EVENT[event.kind]:
        key = {"v": "value", "y": "value", "m": "means", "p": "pos", "e": "end"}.get(letter, letter)
        found[letter] = getattr(event, key)
    return found


def check_snapshot(page, decoder, data):
    """Assert that the page and the code read the same from a snapshot; return what it is."""
    ours, theirs = decoder.decode(data), page.snapshot(data)
    frame = ours.frame

    assert theirs["tick"] == frame.tick
    assert (theirs["usercmd"], theirs["lead"], theirs["slot"]) == (
        ours.usercmd,
        ours.lead,
        ours.slot,
    )
    assert (theirs["age"] == 0) == ours.full
    assert theirs["own"] == (numbers(frame.own[ours.slot]) if ours.slot >= 0 else None)
    assert theirs["players"] == {i: numbers(v) for i, v in enumerate(frame.players) if v}
    assert theirs["projectiles"] == {i: numbers(v) for i, v in enumerate(frame.projectiles) if v}
    assert theirs["items"] == frame.items
    assert theirs["events"] == [event_values(tick, event) for tick, event in ours.events]
    return theirs


class TestPackets:
    def test_a_captured_game_is_decoded_by_the_page_alone(self):
        """Every packet of a match reads the same by the page and by the code, and all kinds occur."""
        game = play()
        pages = {address: (Page(), Decoder()) for address in game.clients}
        seen = Counter()
        for address, way, datagram in game.carried:
            page, decoder = pages[address]
            for channel, command, data in page.packets(datagram):
                if channel == messages.CHANNEL_SNAPSHOT:
                    check_snapshot(page, decoder, data)
                    seen["snapshot"] += 1
                elif channel == messages.CHANNEL_USERCMD:
                    tick, behind, commands = usercmds.decode(data)
                    found = page.usercmds(data)
                    assert found == (tick, behind, [command_values(c) for c in commands])
                    seen["usercmds"] += 1
                else:
                    found = page.message(data)
                    assert (data[0] < 64) == (way == "up")
                    seen[found.pop("message")] += 1
                    assert found == values_of(messages.decode(data))
                assert command == {0: 6, 1: 7, 2: 9}[channel]

        everything = {name for name, _ in PAGE.messages.values()} | {"snapshot", "usercmds"}
        assert set(seen) == everything
        assert seen["snapshot"] > 1500
        assert seen["usercmds"] > 1500

    def test_snapshots_of_any_kind_are_decoded_by_the_page_alone(self):
        """Crowds, every kind of event, in full and against baselines of any age up to 63."""
        walk, encoder = Walk(21, 16, 40), Encoder()
        page, decoder = Page(), Decoder()
        ages, kinds = Counter(), set()
        for i in range(200):
            frame, _ = walk.next()
            told = [
                Event(k, -1, i % 64, i, k % 7, (i, -i, 0.5), (-8192.0, k, i)) for k in fields.EVENT
            ]
            frame.told = view(walk.world, told).told
            encoder.add(frame)
            acked = walk.world.tick - i % 64 if i % 64 and i > 64 else 0
            found = check_snapshot(page, decoder, encoder.encode(3, acked, frame.tick - 1, i, 0)[0])
            ages[found["age"]] += 1
            kinds |= {event["kind"] for event in found["events"]}

        assert ages[0] > 60
        assert set(ages) == set(range(64))
        assert kinds == set(fields.EVENT)
