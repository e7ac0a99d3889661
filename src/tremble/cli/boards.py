"""tremble boards: list leaderboards, make score boards, begin a season."""

from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tremble.cli.options import Dir, Json
from tremble.cli.record import acting, opened
from tremble.errors import TrembleError
from tremble.store import operators, past
from tremble.store.boards import Kind
from tremble.store.engine import Store
from tremble.store.past import BATCH
from tremble.store.scores import EACH_MAP, Field, Operator, ScoreBoard

app = App(name="boards", help="List leaderboards, make score boards, begin a season.")


@app.command(name="list")
def list_boards(*, directory: Dir = None, as_json: Json = False) -> None:
    """List all boards, with the season in which each was last played.

    Example: tremble boards list
    """
    with opened(directory) as store:
        found = store.read(past.every)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table("board", "season", "players", "matches", "last updated", "")
    for board in found:
        numbers = (board.season, f"{board.total:,}", f"{board.matches:,}")
        far = board.counting
        past_too = "" if far is None else f"counting the past: {far.counted:,} of {far.of:,}"
        table.add_row(
            board.board, *map(str, numbers), f"{board.last_updated:%Y-%m-%d %H:%M}", past_too
        )
    Console(markup=False).print(table)


@app.command
def create(
    ending: Annotated[str, Parameter(help="What its name ends in: `runs` makes duel.runs.")],
    *,
    source: Annotated[str, Parameter(help="The board whose matches count.")] = "duel",
    level: Annotated[str | None, Parameter(name="--map", help="Only matches on this map.")] = None,
    field: Annotated[Field, Parameter(help="What is counted.")] = "score",
    operator: Annotated[Operator, Parameter(help="What is kept of many matches.")] = "best",
    directory: Dir = None,
) -> None:
    """Make a score board, and count on it all that was played before.

    Example: tremble boards create runs --source ffa --map arena_01 --field kills --operator best
    """
    name = ".".join([source, level, ending] if level else [source, ending])
    with opened(directory) as store:
        new = ScoreBoard(name, source, level, Kind(field, operator))
        if not store.write(operators.create_board, acting(), new).result():
            raise TrembleError(f"there is a board {name!r} already")
        count_past(store, name)
    print(f"board {name}")


@app.command(name="per-map")
def per_map(
    *,
    source: Annotated[str, Parameter(help="The board whose matches count.")] = "duel",
    field: Annotated[Field, Parameter(help="What is counted.")] = "won",
    operator: Annotated[Operator, Parameter(help="What is kept of many matches.")] = "sum",
    directory: Dir = None,
) -> None:
    """Keep a score board for each map, duel.arena_01 and so on, and count what was played before.

    Example: tremble boards per-map --source duel
    """
    with opened(directory) as store:
        new = ScoreBoard(f"{source}.{EACH_MAP}", source, EACH_MAP, Kind(field, operator))
        if not store.write(operators.create_board, acting(), new).result():
            raise TrembleError(f"there is a board for each map of {source!r} already")
        count_past(store, new.name)
    print(f"boards {source}.MAP")


def count_past(store: Store, name: str) -> None:
    """Count on board *name* what was played before, bit by bit, so that results are taken meanwhile.

    The web process counts too, and goes on where this one is ended.
    """
    bar = Progress(*Progress.get_default_columns(), console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task("counting the past", total=None)
        while (far := store.read(past.owed).get(name)) is not None:
            bar.update(task, completed=far.counted, total=far.of)
            store.write(past.catch_up, BATCH, name).result()


@app.command(name="begin-season")
def begin_season(*, directory: Dir = None) -> None:
    """Begin a season now: what was played so far stays readable, boards start empty.

    Example: tremble boards begin-season
    """
    with opened(directory) as store:
        number = store.write(operators.begin_season, acting()).result()
        if number is None:
            raise TrembleError("the newest season was played in already; nothing was changed")
    print(f"season {number}")
