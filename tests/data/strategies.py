"""Hypothesis generators: valid documents of each type, and JSON of any kind."""

import functools

import msgspec
from hypothesis import strategies as st

from tremble.data import documents
from tremble.data.documents import DataType

COUNT = st.integers(0, documents.MAX_COUNT)
SHARE = st.floats(0, 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=32)
WORD = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
STAMP = st.datetimes().map(lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0"))
HEX_32 = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)

stats = st.builds(
    documents.Stats,
    *[COUNT] * 5,
    accuracy=SHARE,
    playtime_hours=st.floats(0, 1e9),
    draws=COUNT,
    shots=COUNT,
    hits=COUNT,
    best_accuracy=SHARE,
    weapons=st.dictionaries(
        WORD, st.builds(documents.Weapon, COUNT, COUNT, COUNT, COUNT), max_size=3
    ),
    items=st.dictionaries(WORD, COUNT, max_size=3),
)

player_stats = st.builds(
    documents.PlayerStats,
    version=st.just("1.0"),
    player_id=TEXT,
    username=TEXT,
    stats=stats,
    rating=st.builds(
        documents.PlayerRating,
        current=st.floats(-1e5, 1e5),
        deviation=st.floats(1, 1_000),
        volatility=st.floats(0.01, 1),
    ),
    last_updated=STAMP,
    achievements=st.dictionaries(WORD, st.builds(documents.Unlock, STAMP, HEX_32), max_size=3),
    counted_matches=st.lists(HEX_32, max_size=3),
)

settings = st.builds(
    documents.Settings,
    version=st.just("1.0"),
    graphics=st.builds(
        documents.Graphics,
        resolution=st.from_regex("[1-9][0-9]{2,4}x[1-9][0-9]{2,4}", fullmatch=True),
        fov=st.floats(60, 150),
    ),
    audio=st.builds(documents.Audio, SHARE, SHARE, SHARE),
    controls=st.builds(
        documents.Controls,
        mouse_sensitivity=st.floats(0.01, 100),
        key_bindings=st.dictionaries(WORD, TEXT.filter(bool), max_size=4),
    ),
    network=st.builds(documents.Network, max_ping=st.integers(10, 10_000)),
)

leaderboards = st.builds(
    documents.Leaderboard,
    version=st.just("1.0"),
    players=st.lists(
        st.builds(
            documents.LeaderboardPlayer,
            player_id=TEXT,
            username=TEXT,
            rating=st.floats(-1e5, 1e5),
            stats=st.dictionaries(TEXT, st.floats(-1e15, 1e15), max_size=3),
            last_updated=STAMP,
        ),
        max_size=4,
    ),
    last_updated=STAMP,
)

match_histories = st.builds(
    documents.MatchHistory,
    version=st.just("1.0"),
    matches=st.lists(
        st.builds(
            documents.PlayedMatch,
            match_id=HEX_32,
            played_at=STAMP,
            mode=WORD,
            map=WORD,
            place=st.integers(1, 64),
            score=st.integers(-1_000_000, 1_000_000),
            kills=COUNT,
            deaths=COUNT,
            accuracy=SHARE,
            duration_s=st.floats(0, 1e6),
            opponents=st.lists(TEXT, max_size=3),
            rating_change=st.none() | st.floats(-1e5, 1e5),
        ),
        max_size=3,
    ),
)

terminal_states = st.builds(
    documents.TerminalState,
    version=st.just("1.0"),
    history=st.lists(TEXT, max_size=4),
    aliases=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    bindings=st.dictionaries(TEXT.filter(bool), TEXT, max_size=3),
    scroll=COUNT,
    tabs=st.lists(st.builds(documents.Tab, TEXT.filter(bool), COUNT), max_size=3),
    active_tab=st.integers(0, 31),
)

MS = st.floats(0, 1e9)
series = st.builds(documents.Series, COUNT, MS, MS, MS, MS, MS, samples=st.lists(MS, max_size=3))
performance_data = st.builds(
    documents.PerformanceData,
    version=st.just("1.0"),
    runs=st.lists(
        st.builds(
            documents.Performance,
            map=WORD,
            hardware=TEXT.filter(bool),
            recorded_at=STAMP,
            frame_ms=series,
            tick_ms=series,
            ping_ms=series,
            loss_percent=series,
        ),
        max_size=2,
    ),
)

BY_TYPE = {
    DataType.PLAYER_STATS: player_stats,
    DataType.SETTINGS: settings,
    DataType.LEADERBOARD: leaderboards,
    DataType.MATCH_HISTORY: match_histories,
    DataType.TERMINAL_STATE: terminal_states,
    DataType.PERFORMANCE_DATA: performance_data,
}
typed_documents = st.one_of(
    *[st.tuples(st.just(data_type), strategy) for data_type, strategy in BY_TYPE.items()]
)


@functools.cache
def paths_of(data_type: DataType) -> tuple[tuple[str, ...], ...]:
    """Every path of keys into the default document, the whole (an empty path) first."""
    from datetime import UTC, datetime

    whole = documents.default_document(data_type, datetime(2026, 1, 1, tzinfo=UTC))
    found: list[tuple[str, ...]] = [()]

    def walk(value: object, path: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                found.append((*path, key))
                walk(inner, (*path, key))

    walk(msgspec.to_builtins(whole), ())
    return tuple(found)
