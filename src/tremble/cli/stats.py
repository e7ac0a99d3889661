"""tremble stats: the players' stats and achievements compared with the matches, and mended."""

import sys
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console

from tremble.cli.options import Dir, Json
from tremble.cli.ratings import progress
from tremble.cli.record import opened
from tremble.store import stats
from tremble.store.engine import Store

app = App(name="stats", help="Compare the players' stats and achievements with the matches.")

#: Players looked at in one go.
AT_ONCE = 200


@app.command
def rebuild(
    *,
    check: Annotated[
        bool, Parameter(negative=(), help="Change nothing; exit with 1 if a player's are wrong.")
    ] = False,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Count all matches of every player again, and mend what is not as it must be.

    Results may come in meanwhile. A player whose late result is about to be counted is not wrong.

    Example: tremble stats rebuild --check
    """
    wrong: list[str] = []
    with opened(directory) as store:
        total = store.read(stats.count_players)
        with progress("players", total) as step:
            last = ""
            while some := store.read(stats.some_players, last, AT_ONCE):
                for player_id in some:
                    if not store.read(stats.check, player_id):
                        wrong.append(player_id)
                    step()
                last = some[-1]
        if not check:
            mend(store, wrong)
    if as_json:
        print(msgspec.json.encode({"players": total, "wrong": wrong}).decode())
    else:
        Console().print(f"{total:,} players, {len(wrong):,} {'wrong' if check else 'mended'}")
    if check and wrong:
        sys.exit(1)


def mend(store: Store, player_ids: list[str]) -> None:
    """Count these players again, and whoever else is due."""
    store.write(stats.mark, player_ids).result()
    while stats.settle(store):
        pass
