"""One match under /v1: all that was recorded of it, where its replay is, and its telemetry."""

from litestar import get
from msgspec import Struct, structs

from tremble.result import Telemetry
from tremble.shelf import Shelf
from tremble.store import matches, replays, telemetry
from tremble.store.engine import Transaction
from tremble.store.matches import Match
from tremble.web.api import MatchId, StoreDependency
from tremble.web.api_replays import FilmsDependency
from tremble.web.problems import Problem


class ReplayOf(Struct, frozen=True):
    """The replay of a match: its SHA-256; *bytes*, *url* and *film* are null once it is not kept any more."""

    digest: str
    bytes: int | None
    url: str | None
    film: str | None


class RecordedMatch(Match, frozen=True):
    """A match with all that was recorded of it; *replay* is null if it was not recorded.

    *telemetry* is where its telemetry is, null if none was posted.
    """

    replay: ReplayOf | None
    telemetry: str | None


@get("/v1/matches/{match_id:str}", sync_to_thread=False, tags=["matches"])
def get_match(store: StoreDependency, films: FilmsDependency, match_id: MatchId) -> RecordedMatch:
    """All that was recorded of a match."""
    return store.read(recorded, films.shelf, match_id)


@get("/v1/matches/{match_id:str}/telemetry", sync_to_thread=False, tags=["matches"])
def get_telemetry(store: StoreDependency, match_id: MatchId) -> Telemetry:
    """What happened in a match, when and where: kills, pickups, where players stood, their lines."""
    found = store.read(telemetry.find, match_id)
    if found is None:
        raise Problem(
            404,
            "no_telemetry",
            f"of match {match_id!r} no telemetry was posted, nor a result perhaps",
        )
    return found


def recorded(tx: Transaction, shelf: Shelf, match_id: str) -> RecordedMatch:
    """Return the match *match_id*; raises Problem if there is none."""
    found = matches.find(tx, match_id)
    if found is None:
        raise Problem(404, "unknown_match", f"match {match_id!r} was never recorded")
    replay = replays.find(tx, match_id)
    here = f"/v1/matches/{match_id}"
    return RecordedMatch(
        **structs.asdict(found),
        replay=None if replay is None else replay_of(shelf, match_id, replay.digest),
        telemetry=f"{here}/telemetry" if telemetry.has(tx, match_id) else None,
    )


def replay_of(shelf: Shelf, match_id: str, digest: str) -> ReplayOf:
    """Return where the replay of *digest* is, if it is on the *shelf*."""
    try:
        size = shelf.path(match_id).stat().st_size
    except OSError:
        return ReplayOf(digest, None, None, None)
    here = f"/v1/matches/{match_id}"
    return ReplayOf(digest, size, f"{here}/replay", f"{here}/film")


HANDLERS = [get_match, get_telemetry]
