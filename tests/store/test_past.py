"""The past of score boards: counted once each, whatever is posted, voided, begun or killed meanwhile."""

import random
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import get_args

import pytest
from results import match_id, played, player_id
from stores import count_past, make_board, post_all, shown

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, boards, map_boards, past, scores, voids
from tremble.store.boards import Counting, Kind
from tremble.store.engine import Store
from tremble.store.scores import Operator, ScoreBoard

MAPS = ["pit", "other"]
BOARDS = [
    ScoreBoard(f"duel.pit.{name}", "duel", "pit", Kind("score", name))
    for name in get_args(Operator)
] + [
    ScoreBoard("duel.kills", "duel", None, Kind("kills", "best")),
    ScoreBoard(f"duel.{scores.EACH_MAP}", "duel", scores.EACH_MAP, Kind("score", "last")),
]
#: Player and, of what the operator keeps, score and match; then how many matches.
Line = tuple[str, float, str, int]


def history(first: int, last: int) -> list[MatchResult]:
    """Return matches on two maps, of which some end at one moment and many scores are equal."""
    return [
        played(number, number * 7 % 5, 600 * (number // 4), MAPS[number % 2])
        for number in range(first, last)
    ]


def expected(counted: list[MatchResult], operator: str) -> dict[str, Line]:
    """Return what a board of scores shows of matches that were posted in that order."""
    found: dict[str, Line] = {}
    for who in (player_id(1), player_id(2)):
        runs = [
            (line.score, posted.ended_at, number, posted.match_id)
            for number, posted in enumerate(counted)
            for line in posted.players
            if line.player_id == who
        ]
        if not runs:
            continue
        last = max(runs, key=lambda run: run[1:3])
        best = min(runs, key=lambda run: (-run[0], *run[1:3]))
        kept = best if operator == "best" else last
        value = sum(run[0] for run in runs) if operator == "sum" else kept[0]
        found[who] = (who, value, kept[3], len(runs))
    return found


def on_board(store: Store, name: str) -> dict[str, Line]:
    return {
        entry.player_id: (entry.player_id, entry.rating, entry.match_id or "", entry.matches_played)
        for entry in shown(store, name)
    }


def right(store: Store, counted: list[MatchResult]) -> None:
    """Check all of BOARDS against the matches that count."""
    on_pit = [posted for posted in counted if posted.map == "pit"]
    for name in get_args(Operator):
        assert on_board(store, f"duel.pit.{name}") == expected(on_pit, name)
    for level in MAPS:
        on_map = [posted for posted in counted if posted.map == level]
        assert on_board(store, f"duel.{level}") == expected(on_map, "last")


@pytest.mark.parametrize("seed", range(3))
def test_any_order(store: Store, seed: int) -> None:
    """Posted, voided and restored between the bits, and the boards made at any time: the same boards."""
    dice = random.Random(seed)
    results, to_make, void = history(0, 40), list(BOARDS), set[str]()
    for number in range(0, 40, 4):
        post_all(store, results[number : number + 4])
        if to_make and dice.random() < 0.8:
            assert store.write(past.create, to_make.pop(dice.randrange(len(to_make)))).result()
        for _ in range(dice.randrange(3)):
            store.write(past.catch_up, dice.randrange(1, 4)).result()
        some = match_id(dice.randrange(number + 4))
        store.write(voids.void, some, voids.ITSELF, 0).result()
        void.add(some)
        if dice.random() < 0.5:
            store.write(voids.restore, some, voids.ITSELF).result()
            void.remove(some)
    for one in to_make:
        assert store.write(past.create, one).result()
    count_past(store, dice.randrange(1, 6))

    assert store.read(past.owed) == {}
    right(store, [posted for posted in results if posted.match_id not in void])


KILLED = """
import os, signal, sys
from pathlib import Path
from tremble.store import past, sheets
from tremble.store.engine import Store

place, writes, turns = sys.argv[1], int(sys.argv[2]), 0
write = sheets.Sheet.write

def killed(sheet, tx):
    global turns
    write(sheet, tx)
    turns += 1
    if turns == writes:
        os.kill(os.getpid(), signal.SIGKILL)

sheets.Sheet.write = killed
store = Store(place if "://" in place else Path(place))
while store.write(past.catch_up, 3).result():
    pass
"""


def test_killed(place: Path | str) -> None:
    """Killed in the middle of a bit, again and again, no match is left out or counted twice."""
    results = history(0, 24)
    with Store(place) as store:
        post_all(store, results[:16])
        for one in BOARDS:
            store.write(past.create, one).result()
    for number, writes in enumerate((1, 3, 8)):
        ran = subprocess.run([sys.executable, "-c", KILLED, str(place), str(writes)], timeout=120)
        assert ran.returncode == -signal.SIGKILL
        with Store(place) as store:
            ledger.post(store, results[16 + number])
    with Store(place) as store:
        count_past(store)

        right(store, results[:19])


def test_two_processes(place: Path | str) -> None:
    """Counted by two at once while a third posts, each match counts once."""
    results = history(0, 60)
    with Store(place) as one, Store(place) as other, Store(place) as third:
        post_all(third, results[:40])
        for new in BOARDS:
            third.write(past.create, new).result()
        counting = [Thread(target=count_past, args=(store, 2)) for store in (one, other)]
        for thread in counting:
            thread.start()
        for posted in results[40:]:
            ledger.post(third, posted)
        for thread in counting:
            thread.join()

        right(third, results)


def test_told(store: Store) -> None:
    """A board says how far it is while it counts, one of all maps too; others say nothing."""
    post_all(store, history(0, 12))
    for new in BOARDS:
        store.write(past.create, new).result()
    first = store.read(past.owed)
    for new in BOARDS:
        store.write(past.catch_up, 2, new.name).result()
    listed = {facts.board: facts.counting for facts in store.read(past.every)}
    tops = {name: store.read(board_entries.top, name, 1) for name in listed}

    assert first == {new.name: Counting(0, 12) for new in BOARDS}
    assert listed["duel"] is None
    assert listed["duel.pit"] == Counting(2, 12)
    assert {name: top and top.counting for name, top in tops.items()} == listed
    count_past(store)
    assert {facts.counting for facts in store.read(past.every)} == {None}


def test_few_on_a_board(store: Store) -> None:
    """Of matches that are hardly any of the board's a bit looks at no more than WIDE for each."""
    post_all(store, history(0, 45))
    rare = ScoreBoard("duel.attic.rare", "duel", "attic", Kind("score", "best"))
    store.write(past.create, rare).result()

    store.write(past.catch_up, 1).result()

    assert store.read(past.owed) == {rare.name: Counting(past.WIDE, 45)}
    count_past(store, 1)
    assert store.read(boards.head, rare.name) is None


def test_each_map_takes_over(store: Store) -> None:
    """Boards of maps that were kept by themselves, in part counted, become what is kept from now on."""
    results = history(0, 20)
    post_all(store, results[:16])
    store.write(map_boards.keep, True).result()
    store.write(past.catch_up, 5).result()
    assert make_board(store, BOARDS[-1])
    post_all(store, results[16:])

    for level in MAPS:
        on_map = [posted for posted in results if posted.map == level]
        assert on_board(store, f"duel.{level}") == expected(on_map, "last")
