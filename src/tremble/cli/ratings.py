"""tremble ratings: rebuild, void, restore and preview ratings; try them on real results."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

from tremble.cli import results_csv
from tremble.cli.options import Dir, Json
from tremble.cli.record import acting, opened
from tremble.errors import ConfigError, TrembleError
from tremble.rating import forecast
from tremble.store import boards, instant, rebuild, voiding, voids
from tremble.store.engine import Store
from tremble.store.rebuild import Move
from tremble.store.voiding import Act

app = App(name="ratings", help="Rebuild, void, restore and preview ratings; try them on results.")

Target = Annotated[str, Parameter(help="A match id (32 hex digits) or a player id (16).")]
Since = Annotated[
    str | None, Parameter(help="Only a player's matches that ended then or later: 2026-01-31.")
]
#: Lines of a table; --json shows all.
SHOWN = 20


@app.command(name="rebuild")
def rebuild_ratings(
    *,
    board: Annotated[str | None, Parameter(help="Only this board.")] = None,
    check: Annotated[
        bool, Parameter(negative=(), help="Change nothing; exit with 1 if a row is wrong.")
    ] = False,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Compute all ratings again from the matches, and mend what is not as it must be.

    Results that come in meanwhile wait; with --check they need not.

    Example: tremble ratings rebuild --check
    """
    found: list[rebuild.Rebuilt] = []
    with opened(directory) as store:
        for name in store.read(boards.names):
            if board in (None, name):
                with progress(f"board {name}", store.read(rebuild.count, name)) as step:
                    if check:
                        found.append(store.read(rebuild.rebuild, name, False, step))
                    else:
                        found.append(store.write(rebuild.rebuild, name, True, step).result())
    if board is not None and not found:
        raise TrembleError(f"no match was ever recorded on board {board!r}")
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        table = Table("board", "matches", "players", "ratings", "wrong" if check else "mended")
        for line in found:
            numbers = (line.matches, line.players, line.rows, line.wrong)
            table.add_row(line.board, *[f"{number:,}" for number in numbers])
        Console(markup=False).print(table)
    if check and any(line.wrong for line in found):
        sys.exit(1)


@app.command
def preview(
    target: Target,
    *,
    since: Since = None,
    directory: Dir = None,
    as_json: Json = False,
    progress_json: Annotated[
        bool, Parameter(negative=(), help="Tell progress in lines of JSON, in place of a bar.")
    ] = False,
) -> None:
    """Show who would move how much if a match, or a player's matches, were voided.

    Example: tremble ratings preview 8f14e45fceea167a --since 2026-01-31
    """
    with opened(directory) as store:
        ids = matches_of(store, "void", target, since)
        total = store.read(rebuild.count_affected, ids)
        with told(total) if progress_json else progress("replay", total) as step:
            moves = store.read(rebuild.preview, ids, step)
    show("would be void", ids, moves, as_json)


@app.command
def void(
    target: Target, *, since: Since = None, directory: Dir = None, as_json: Json = False
) -> None:
    """Void a match, or a player's matches: they stay, marked, and count for nothing.

    Example: tremble ratings void 8f14e45fceea167a --since 2026-01-31
    """
    with opened(directory) as store:
        ids = matches_of(store, "void", target, since)
        with progress("matches rated again", None) as step:
            moves = voiding.carry_out(store, acting(), "void", target, ids, step)
    show("void", ids, moves, as_json)


@app.command
def restore(
    target: Target, *, since: Since = None, directory: Dir = None, as_json: Json = False
) -> None:
    """Undo void: let a match, or a player's matches, count again.

    Example: tremble ratings restore 8f14e45fceea167a
    """
    with opened(directory) as store:
        ids = matches_of(store, "restore", target, since)
        with progress("matches rated again", None) as step:
            moves = voiding.carry_out(store, acting(), "restore", target, ids, step)
    show("restored", ids, moves, as_json)


@app.command(name="import")
def import_results(
    file: Annotated[Path, Parameter(help="A CSV file with a header.")],
    *,
    date: Annotated[str, Parameter(help="Column of the date: 2026-01-31, or with a time.")],
    home: Annotated[str, Parameter(help="Column of the home side's name.")],
    away: Annotated[str, Parameter(help="Column of the other side's name.")],
    score: Annotated[str, Parameter(help="The two columns of the scores: HOME,AWAY.")],
    holdout_since: Annotated[
        str | None, Parameter(help="Foretell from then on. Default: the last fifth.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how well Glicko-2 and a tuned Elo foretell real results that they have not seen.

    Nothing is stored. Both are fitted to the results before the hold-out; a draw is half a win.

    Example: tremble ratings import results.csv --date date --home home --away away --score hs,as
    """
    columns = score.split(",")
    if len(columns) != 2:
        raise ConfigError(f"--score {score}: must name two columns, such as home_score,away_score")
    found = results_csv.read(file, results_csv.Columns(date, home, away, *columns))
    since = first_day_held_out(found, holdout_since)
    with progress("passes over the results", None) as step:
        outcome = forecast.compare(found, since, step)
    if as_json:
        print(msgspec.json.encode(outcome).decode())
        return
    title = f"{outcome.holdout:,} of {outcome.matches:,} results foretold, from {since} on"
    table = Table("", "log loss", "accuracy", "fitted", title=title)
    table.add_row(
        "Glicko-2",
        f"{outcome.log_loss:.4f}",
        f"{outcome.accuracy:.1%}",
        f"{outcome.periods_per_day:.3f} periods a day, home {outcome.home_advantage:+.0f}",
    )
    table.add_row(
        "Elo",
        f"{outcome.elo_log_loss:.4f}",
        f"{outcome.elo_accuracy:.1%}",
        f"K {outcome.elo_k:.0f}, home {outcome.elo_home_advantage:+.0f}",
    )
    Console(markup=False).print(table)


def first_day_held_out(found: list[forecast.Contest], text: str | None) -> date:
    """Return the first day of the hold-out; raises ConfigError unless both sides have results."""
    if text is None:
        since = found[len(found) * 4 // 5].on if found else date.min
    else:
        since = moment("--holdout-since", text).date()
    if not found or not found[0].on < since <= found[-1].on:
        span = f"they are of {found[0].on} to {found[-1].on}" if found else "the file has none"
        raise ConfigError(
            f"--holdout-since {since}: must leave results before it and from it on; {span}"
        )
    return since


def matches_of(store: Store, act: Act, target: str, since: str | None) -> list[str]:
    """Return the matches that *target* and --since name. Raises ConfigError for what is no id."""
    if not re.fullmatch("[0-9a-f]{16}|[0-9a-f]{32}", target):
        raise ConfigError(f"{target}: neither a match id (32 hex digits) nor a player id (16)")
    if voiding.cause(target) == voids.ITSELF and since is not None:
        raise ConfigError("--since: goes with a player, not with a match")
    start = instant.to_store(moment("--since", since)) if since else voiding.EVER
    found = store.read(voiding.named, act, target, start)
    if found is None:
        raise TrembleError(f"match {target} was never recorded")
    return found


def moment(option: str, text: str) -> datetime:
    """Return the instant that *text* names, UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{option} {text}: not a date such as 2026-01-31") from None


def show(done: str, ids: list[str], moves: list[Move], as_json: bool) -> None:
    """Print the matches that something was *done* to, and who moved."""
    if as_json:
        print(msgspec.json.encode({"matches": ids, "moves": moves}).decode())
        return
    table = Table("board", "player", "", "before", "after", "change")
    for move in moves[:SHOWN]:
        table.add_row(
            move.board,
            move.username,
            move.player_id,
            "" if move.before is None else f"{move.before:.1f}",
            "" if move.after is None else f"{move.after:.1f}",
            "" if move.change is None else f"{move.change:+.1f}",
        )
    console = Console(markup=False)
    console.print(f"{len(ids):,} matches {done}, {len(moves):,} ratings moved")
    if moves:
        console.print(table)
    if len(moves) > SHOWN:
        console.print(f"{len(moves) - SHOWN:,} more moved less; --json shows all")


@contextmanager
def told(total: int) -> Iterator[Callable[[], None]]:
    """Tell on standard error, for programs, how far it is; yield what to call after each step."""
    every = max(1, total // 200)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done % every == 0:
            line = msgspec.json.encode({"done": done, "of": total}).decode()
            print(line, file=sys.stderr, flush=True)

    yield step


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error; yield what to call after each step."""
    bar = Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)
    )
    every = max(1, (total or 0) // 500)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done % every == 0:
            bar.update(task, completed=done)

    with bar:
        task = bar.add_task(what, total=total)
        yield step
        bar.update(task, completed=done)
