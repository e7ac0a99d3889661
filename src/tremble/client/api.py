"""The HTTP API for programs in Python: `Api(url)`, with the standard library alone.

    api = Api("https://record.example.org")
    api.sign_in_guest(key)
    for match in api.matches(player=api.me().player_id): ...

What failed for a moment (no connection, 429, 503) is tried again, later and later, if to do it twice
does no harm. Tokens are renewed when they end; *on_tokens* is told, to keep them. Not for many
threads at once.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from tremble.client import api_types as types
from tremble.client.connection import Answer, Http, NoAnswer, Refused
from tremble.errors import TrembleError
from tremble.result import Telemetry

T = TypeVar("T")

#: How often something is tried in all, and the longest wait between, in seconds.
ATTEMPTS = 5
MAX_WAIT_S = 30.0
FIRST_WAIT_S = 0.25
#: Answers that may be others in a moment.
AGAIN = (429, 503)


class ApiError(TrembleError):
    """The API said no; *code* is its word for programs, *body* all it said."""

    def __init__(self, body: types.ProblemBody) -> None:
        where = "; ".join(f"{error.path}: {error.message}" for error in body.errors)
        super().__init__(f"{body.title}: {body.detail}{where and f' ({where})'}")
        self.body = body
        self.code = body.code
        self.status = body.status


class Api:
    """The API at *url* (http or https). Use `with Api(url) as api:`, or call `close` in the end.

    *tokens* are those of an earlier time. Something is tried *attempts* times at most; *sleep* waits
    so many seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 10.0,
        tokens: types.Tokens | None = None,
        on_tokens: Callable[[types.Tokens], None] | None = None,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises ConfigError for what is no URL. Nothing is asked yet."""
        self.tokens = tokens
        self._http = Http(url, timeout_s)
        self._on_tokens = on_tokens
        self._attempts = attempts
        self._sleep = sleep

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def sign_in_guest(self, key: bytes, name: str = "guest") -> types.Tokens:
        """Sign a guest in by its 16-byte *key*; *name* is for a new one."""
        return self._sign_in("device", {"key": key.hex(), "name": name})

    def register(self, username: str, password: str, key: bytes | None = None) -> types.Tokens:
        """Make an account; with the *key* of a guest it keeps the guest's matches."""
        body = {"username": username, "password": password, "key": key and key.hex()}
        return self._sign_in("register", body)

    def sign_in(self, username: str, password: str) -> types.Tokens:
        """Sign in with username and password."""
        return self._sign_in("login", {"username": username, "password": password})

    def recover(self, username: str, code: str, new_password: str) -> types.Tokens:
        """Sign in with one of the recovery codes, and take another password."""
        body = {"username": username, "code": code, "new_password": new_password}
        return self._sign_in("recover", body)

    def sign_out(self, everywhere: bool = False) -> None:
        """Sign this device out, or all."""
        self.ask("POST", "/v1/auth/logout", query={"everywhere": str(everywhere).lower()})
        self.tokens = None

    def me(self) -> types.Me:
        """Return one's own account."""
        return decode(self.ask("GET", "/v1/me"), types.Me)

    def rename(self, name: str) -> types.Me:
        """Take another name."""
        return decode(self.ask("PATCH", "/v1/me", {"name": name}), types.Me)

    def add_login(self, username: str, password: str) -> types.Me:
        """Give a guest's account a username and a password."""
        body = {"username": username, "password": password}
        return decode(self.ask("POST", "/v1/me/login", body), types.Me)

    def change_password(self, password: str, new_password: str) -> None:
        """Take another password; other devices are signed out."""
        self.ask("PUT", "/v1/me/password", {"password": password, "new_password": new_password})

    def recovery_codes(self, password: str | None = None) -> list[str]:
        """Return new codes, each good for a new password once; the ones before are good no more."""
        answer = self.ask("POST", "/v1/me/recovery-codes", {"password": password})
        return decode(answer, types.Codes).codes

    def export(self) -> dict[str, Any]:
        """Return all that the record has of oneself: see docs/accounts.md."""
        return decode(self.ask("GET", "/v1/me/export"), dict[str, Any])

    def erase(self, password: str | None = None) -> None:
        """Erase one's account, for good; a guest has no *password*."""
        self.ask("POST", "/v1/me/erase", {"password": password})
        self.tokens = None

    def friends(self) -> list[types.Friend]:
        """Return whom one wants to see on the boards."""
        return decode(self.ask("GET", "/v1/me/friends"), types.FriendList).friends

    def befriend(self, player_id: str) -> None:
        """Add a friend."""
        self.ask("PUT", f"/v1/me/friends/{quote(player_id, '')}")

    def unfriend(self, player_id: str) -> None:
        """Take a friend off the list."""
        self.ask("DELETE", f"/v1/me/friends/{quote(player_id, '')}")

    def servers(self, **wanted: str | bool | None) -> Iterator[types.ListedServer]:
        """Yield the game servers that are *wanted*: `text mode map region version tag`, each a word;
        `password not_full not_empty`, true or false; `sort`."""
        query = {name: word(value) for name, value in wanted.items()}
        return self._pages("/v1/servers", "servers", types.ListedServer, cursor_in="next", **query)

    def server(self, server_id: str) -> types.ServerDetail:
        """Return one game server, with its ups and downs."""
        return decode(self.ask("GET", f"/v1/servers/{quote(server_id, '')}"), types.ServerDetail)

    def lost_servers(self) -> list[types.LostServer]:
        """Return the game servers that left the list in the last day without a goodbye."""
        return decode(self.ask("GET", "/v1/servers/lost"), types.LostServers).servers

    def join(self, server_id: str) -> types.Joining:
        """Return a ticket for a game server, to be given to `Client` at once: good once, for a minute."""
        return decode(self.ask("POST", "/v1/join", {"server_id": server_id}), types.Joining)

    def player(self, player_id: str) -> types.PlayerProfile:
        """Return a player, with the entry on each board."""
        return decode(self.ask("GET", f"/v1/players/{quote(player_id, '')}"), types.PlayerProfile)

    def players(self, *player_ids: str) -> list[types.Player]:
        """Return those of at most 100 players who were ever seen."""
        answer = self.ask("GET", "/v1/players", query={"player": player_ids})
        return decode(answer, types.PlayerList).players

    def players_named(self, name: str, limit: int = 20) -> list[types.Player]:
        """Return players who have *name* in the name, whoever was seen last first."""
        answer = self.ask("GET", "/v1/players", query={"name": name, "limit": limit})
        return decode(answer, types.PlayerList).players

    def stats_of(self, *player_ids: str, board: str | None = None) -> list[types.PlayerStats]:
        """Return the totals of at most 100 players; on *board* alone, if one is named."""
        query = {"player": player_ids, "board": board}
        answer = self.ask("GET", "/v1/players/stats", query=query)
        return decode(answer, types.StatsList).players

    def stats(self, player_id: str) -> types.PlayerStats:
        """Return a player's totals, streaks and bests, by board."""
        return decode(self.ask("GET", of_player(player_id, "stats")), types.PlayerStats)

    def achievements(self, player_id: str) -> types.PlayerAchievements:
        """Return a player's achievements: those earned, and how far the others are."""
        path = of_player(player_id, "achievements")
        return decode(self.ask("GET", path), types.PlayerAchievements)

    def against(self, player_id: str, opponent_id: str, board: str | None = None) -> types.Meeting:
        """Return two players head to head; only what counts on *board*, if one is named."""
        path = of_player(player_id, f"against/{quote(opponent_id, '')}")
        return decode(self.ask("GET", path, query={"board": board}), types.Meeting)

    def expected(self, player_id: str, opponent_id: str, board: str = "duel") -> float:
        """Return the score that a player should make in a duel against another, 0.5 is even."""
        path = of_player(player_id, f"expected/{quote(opponent_id, '')}")
        return decode(self.ask("GET", path, query={"board": board}), types.Expected).expected

    def ratings(self, player_id: str, board: str = "duel") -> Iterator[types.RatingPoint]:
        """Yield each rating of a player on a board, the newest first."""
        path = of_player(player_id, "ratings")
        return self._pages(path, "ratings", types.RatingPoint, board=board)

    def rating_graph(
        self, player_id: str, board: str = "duel", points: int = 400, **span: datetime | None
    ) -> types.RatingGraph:
        """Return a player's ratings for a picture, in at most so many *points*; *span*: `since until`."""
        query = {name: value and value.isoformat() for name, value in span.items()}
        path = of_player(player_id, "rating-history")
        answer = self.ask("GET", path, query={"board": board, "points": points, **query})
        return decode(answer, types.RatingGraph)

    def boards(self) -> list[types.BoardFacts]:
        """Return all boards: most players first, but those with bots last."""
        return decode(self.ask("GET", "/v1/leaderboards"), types.BoardList).boards

    def top(self, board: str, limit: int = 50) -> types.Board:
        """Return the first entries of a board."""
        return self._board(board, "top", limit=limit)

    def range(self, board: str, first: int, last: int) -> types.Board:
        """Return the entries of ranks *first* to *last*, as far as they exist."""
        return self._board(board, "range", first=first, last=last)

    def around(self, board: str, player_id: str, radius: int = 5) -> types.Board:
        """Return a player's entry, and *radius* of them on either side."""
        return self._board(board, f"around/{quote(player_id, '')}", radius=radius)

    def my_place(self, board: str, radius: int = 5) -> types.Board:
        """Return one's own entry, and *radius* on either side."""
        return self._board(board, "me", radius=radius)

    def friends_on(self, board: str, *player_ids: str) -> types.Board:
        """Return one's own entry among those of one's friends; or those of at most 100 players."""
        return self._board(board, "friends", player=player_ids or None)

    def board_stats(self, board: str) -> types.BoardStats:
        """Return how many players and matches a board has."""
        path = f"/v1/leaderboards/{quote(board, '')}/stats"
        return decode(self.ask("GET", path), types.BoardStats)

    def seasons(self, board: str) -> list[types.Season]:
        """Return the seasons of a board, when each began and ended."""
        path = f"/v1/leaderboards/{quote(board, '')}/seasons"
        return decode(self.ask("GET", path), types.SeasonList).seasons

    def season_top(self, board: str, season: int, limit: int = 50) -> types.Board:
        """Return the first entries of a board as they were in a season."""
        return self._board(board, f"seasons/{season}/top", limit=limit)

    def search(self, board: str, name: str) -> Iterator[types.Entry]:
        """Yield who has *name* in the name, in order of rank."""
        path = f"/v1/leaderboards/{quote(board, '')}/search"
        return self._pages(path, "entries", types.Entry, name=name)

    def matches(self, player: str | None = None, **wanted: Any) -> Iterator[types.Summary]:
        """Yield the matches that were recorded, the last that ended first; of *player* alone.

        *wanted*: `opponent map mode board season server since until`, see docs/matches.md.
        """
        return self._pages("/v1/matches", "matches", types.Summary, player=player, **wanted)

    def match(self, match_id: str) -> types.RecordedMatch:
        """Return all that was recorded of a match."""
        return decode(self.ask("GET", of_match(match_id)), types.RecordedMatch)

    def telemetry(self, match_id: str) -> Telemetry:
        """Return what happened in a match, when and where."""
        return decode(self.ask("GET", of_match(match_id, "telemetry")), Telemetry)

    def replay(self, match_id: str, have: bytes = b"") -> bytes:
        """Return the replay of a match; of one that broke off only what is missing is asked for.

        Its SHA-256 is that in `match(match_id).replay`; who does not *have* a part of it gets another.
        """
        headers = {"Accept": "*/*"}
        if have:
            headers["Range"] = f"bytes={len(have)}-"
        try:
            answer = self.ask("GET", of_match(match_id, "replay"), headers=headers)
        except ApiError as error:
            if error.code == "no_such_range":
                return have
            raise
        return have + answer.body if answer.status == 206 else answer.body

    def film(self, match_id: str) -> list[dict[str, Any]]:
        """Return the match as it was played, for a viewer, head and parts: see docs/replays.md."""
        answer = self.ask("GET", of_match(match_id, "film"), headers={"Accept": "*/*"})
        return [msgspec.json.decode(line) for line in answer.body.splitlines()]

    def feed(self) -> Iterator[types.Item]:
        """Yield what happened, newest first."""
        return self._pages("/v1/feed", "items", types.Item)

    def saves(self) -> list[types.Info]:
        """Return the present version of each of one's saves."""
        return decode(self.ask("GET", "/v1/saves"), types.SaveList).saves

    def save(self, kind: str) -> types.Stored:
        """Return the present version of a save."""
        return decode(self.ask("GET", f"/v1/saves/{quote(kind, '')}"), types.Stored)

    def put_save(
        self, kind: str, save: dict[str, Any], device: str, key: str, version: int | None = None
    ) -> types.Stored:
        """Merge *save* into what is there, or begin with it if *version* is 0; return what both come to.

        *key* (16 to 64 letters) is random for each upload, and makes it safe to repeat.
        """
        headers = {"Tremble-Device": device, "Idempotency-Key": key}
        if version == 0:
            headers["If-None-Match"] = "*"
        elif version is not None:
            headers["If-Match"] = f'"{version}"'
        return decode(self.ask("PUT", f"/v1/saves/{quote(kind, '')}", save, headers), types.Stored)

    def save_history(self, kind: str) -> list[types.Info]:
        """Return the versions of a save that are kept, the newest first."""
        answer = self.ask("GET", f"/v1/saves/{quote(kind, '')}/history")
        return decode(answer, types.SaveList).saves

    def old_save(self, kind: str, version: int) -> types.Stored:
        """Return a version of a save."""
        return decode(
            self.ask("GET", f"/v1/saves/{quote(kind, '')}/history/{version}"), types.Stored
        )

    def restore_save(self, kind: str, version: int) -> types.Stored:
        """Make a version of a save the present one again; return it."""
        path = f"/v1/saves/{quote(kind, '')}/restore"
        return decode(self.ask("POST", path, query={"version": version}), types.Stored)

    def stream(self, after: int | None = None) -> Iterator[types.Item]:
        """Yield what happens, as it happens, for ever; first what was missed since number *after*.

        A stream that breaks is taken up again where it was.
        """
        failures = 0
        while True:
            try:
                for item in self._http.events("/v1/feed/stream", {"Last-Event-ID": after}):
                    after, failures = item.seq, 0
                    yield item
            except Refused as refused:
                if refused.answer.status not in AGAIN or failures + 1 >= self._attempts:
                    raise ApiError(problem(refused.answer)) from None
            except NoAnswer:
                if failures + 1 >= self._attempts:
                    raise
            self._sleep(waiting(failures, None))
            failures += 1

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Answer:
        """Return the good answer to one request. Raises ApiError; NoAnswer if nobody answers at all."""
        found = {name: value for name, value in (query or {}).items() if value is not None}
        full = f"{path}?{urlencode(found, doseq=True)}" if found else path
        answer = self._try(method, full, body, headers or {})
        if self.tokens is not None and answer.status == 401 and ended(answer):
            self._refresh(self.tokens)
            answer = self._try(method, full, body, headers or {})
        if answer.status >= 400:
            raise ApiError(problem(answer))
        return answer

    def _try(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Ask until there is an answer that will stay."""
        sent = {**headers}
        if self.tokens is not None:
            sent["Authorization"] = f"Bearer {self.tokens.access_token}"
        harmless = method != "POST" or path.startswith("/v1/auth/device")
        for attempt in range(self._attempts):
            last = attempt + 1 == self._attempts
            try:
                answer = self._http.ask(method, path, body, sent)
            except NoAnswer:
                if last or not harmless:
                    raise
                self._sleep(waiting(attempt, None))
                continue
            if answer.status not in AGAIN or last:
                return answer
            self._sleep(waiting(attempt, answer.retry_after_s))
        raise AssertionError("not reached")

    def _refresh(self, tokens: types.Tokens) -> None:
        try:
            self._sign_in("refresh", {"refresh_token": tokens.refresh_token})
        except ApiError as error:
            # What may be another answer in a moment ends no sign-in.
            self.tokens = tokens if error.status in AGAIN else None
            raise

    def _sign_in(self, how: str, body: dict[str, Any]) -> types.Tokens:
        sent = {name: value for name, value in body.items() if value is not None}
        self.tokens, before = None, self.tokens
        try:
            found = decode(self.ask("POST", f"/v1/auth/{how}", sent), types.Tokens)
        except NoAnswer:
            self.tokens = before
            raise
        self.tokens = found
        if self._on_tokens is not None:
            self._on_tokens(found)
        return found

    def _board(self, board: str, which: str, **query: Any) -> types.Board:
        path = f"/v1/leaderboards/{quote(board, '')}/{which}"
        return decode(self.ask("GET", path, query=query), types.Board)

    def _pages(
        self, path: str, name: str, kind: type[T], /, cursor_in: str = "next_cursor", **query: Any
    ) -> Iterator[T]:
        """Yield the *name* of all pages at *path*."""
        while True:
            page = msgspec.json.decode(self.ask("GET", path, query=query).body)
            yield from msgspec.convert(page[name], list[kind])  # type: ignore[valid-type]
            if page[cursor_in] is None:
                return
            query["cursor"] = page[cursor_in]


def of_player(player_id: str, what: str) -> str:
    return f"/v1/players/{quote(player_id, '')}/{what}"


def of_match(match_id: str, what: str = "") -> str:
    return f"/v1/matches/{quote(match_id, '')}{what and '/'}{what}"


def word(value: str | bool | None) -> str | None:
    """Return *value* as a query has it."""
    return str(value).lower() if isinstance(value, bool) else value


def decode(answer: Answer, kind: type[T]) -> T:
    """Return the body of *answer* as *kind*; fields that a newer server adds are passed over."""
    return msgspec.json.decode(answer.body, type=kind)


def problem(answer: Answer) -> types.ProblemBody:
    """Return what a bad answer says; something sane if it does not come from the API at all."""
    try:
        return msgspec.json.decode(answer.body, type=types.ProblemBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return types.ProblemBody("HTTP error", answer.status, "unknown", f"status {answer.status}")


def ended(answer: Answer) -> bool:
    """Say whether *answer* refuses the access token, and nothing else."""
    return problem(answer).code == "invalid_token"


def waiting(attempt: int, told: float | None) -> float:
    """Return how long to wait after *attempt* (0 is the first): as *told*, else longer each time."""
    if told is not None:
        return min(told, MAX_WAIT_S)
    # Spread, so that clients that failed together do not come back together.
    return float(min(FIRST_WAIT_S * 2**attempt, MAX_WAIT_S) * random.uniform(0.5, 1.0))
