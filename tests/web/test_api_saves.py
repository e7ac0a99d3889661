"""Saves over HTTP: versions in the ETag, uploads that merge, history, restore; nobody else's."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from applications import application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from tremble.data import merge
from tremble.data.documents import DataType, PlayerStats
from tremble.data.fields import empty_document
from tremble.data.merge import Save
from tremble.store.engine import Store
from tremble.web.api_saves import Asked
from tremble.web.problems import Problem
from tremble.web.saves import MAX_COPY_BYTES, MAX_SLOTS, Stored

ANNA, BERT = {"authorization": "Bearer anna"}, {"authorization": "Bearer bert"}
PLAYERS = {"Bearer anna": "a" * 16, "Bearer bert": "b" * 16}
ONE, TWO = "1" * 32, "2" * 32
NOW = 1_780_000_000_000
STATS = "/v1/saves/player_stats"


async def who(request: Asked, store: Store) -> str:
    """Know players by a fixed bearer token."""
    player = PLAYERS.get(request.headers.get("authorization", ""))
    if player is None:
        raise Problem(401, "not_signed_in", "sign in first")
    return player


@pytest.fixture
def http(tmp_path: Path, store: Store) -> Iterator[TestClient[Litestar]]:
    app = application(store, tmp_path, who=who)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


class Phone:
    """A device of a player: records kills, uploads its save."""

    def __init__(self, http: TestClient[Litestar], device: str, player: dict[str, str]) -> None:
        self.http = http
        self.device = device
        self.player = player
        self.save = Save("player_stats")
        self.uploads = 0

    def kill(self, count: int = 1) -> None:
        before, after = (empty_document(DataType.PLAYER_STATS) for _ in range(2))
        assert isinstance(after, PlayerStats)
        after.stats.kills = count
        self.save = merge.record(self.save, before, after, self.device, NOW)

    def headers(self, **more: str) -> dict[str, str]:
        key = f"{self.device[:10]}-{self.uploads:010}"
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"tremble-device": self.device, "idempotency-key": key, **self.player, **named}

    def seal(self) -> bytes:
        self.uploads += 1
        tag = f"{int(self.device[:4]) * 1000 + self.uploads:016x}"
        self.save = merge.seal(self.save, self.device, tag)
        return merge.encode(self.save)

    def put(self, path: str = STATS, **headers: str) -> Any:
        return self.http.put(path, content=self.seal(), headers=self.headers(**headers))


@pytest.fixture
def phone(http: TestClient[Litestar]) -> Callable[..., Phone]:
    return lambda device=ONE, player=ANNA: Phone(http, device, player)


def kills_of(answer: Any) -> int:
    document = merge.show(msgspec.convert(answer.json(), Stored).save)
    assert isinstance(document, PlayerStats)
    return document.stats.kills


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def test_first_and_next_version(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """A save begins with If-None-Match, goes on with If-Match, and is read with its version."""
    device = phone()
    device.kill(3)
    first = device.put(if_none_match="*")
    device.kill(2)
    second = device.put(if_match='"1"')

    read = http.get(STATS, headers=ANNA)
    unchanged = http.get(STATS, headers={**ANNA, "if-none-match": '"2"'})

    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    assert (read.headers["etag"], kills_of(read)) == ('"2"', 5)
    assert read.json().keys() == {"type", "version", "saved_at", "device", "save"}
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    listed = http.get("/v1/saves", headers=ANNA).json()["saves"]
    assert [(item["type"], item["version"]) for item in listed] == [("player_stats", 2)]


def test_versions_are_met(phone: Callable[..., Phone]) -> None:
    """An upload made from another version than the present one is told which that is."""
    device, other = phone(), phone(TWO)
    assert code_of(device.put(if_match='"1"')) == (412, "version_mismatch")
    assert code_of(device.put()) == (409, "no_save")
    assert device.put(if_none_match="*").status_code == 201

    again, behind = other.put(if_none_match="*"), other.put(if_match='"7"')

    assert code_of(again) == code_of(behind) == (412, "version_mismatch")
    assert again.headers["etag"] == behind.headers["etag"] == '"1"'


def test_devices_merge_on_the_server(phone: Callable[..., Phone]) -> None:
    """Without a version an upload is merged into what is there; the answer is the sum."""
    one, two = phone(), phone(TWO)
    one.kill(3)
    two.kill(4)
    one.put(if_none_match="*")

    answer = two.put()

    assert (answer.status_code, kills_of(answer)) == (200, 7)


def test_the_same_upload_again(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """An upload whose answer was lost is repeated without a second version."""
    device = phone()
    device.kill(3)
    body = device.seal()
    first, again = (
        http.put(STATS, content=body, headers=device.headers(if_none_match="*")) for _ in range(2)
    )
    device.kill()

    other = http.put(STATS, content=merge.encode(device.save), headers=device.headers())

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert code_of(other) == (422, "key_reused")


def test_nothing_new_makes_no_version(
    http: TestClient[Litestar], phone: Callable[..., Phone]
) -> None:
    """An old copy that comes late leaves version and content as they are."""
    device = phone()
    old = device.seal()
    device.kill()
    device.put(if_none_match="*")
    device.uploads += 1

    late = http.put(STATS, content=old, headers=device.headers())

    assert (late.status_code, late.headers["etag"], kills_of(late)) == (200, '"1"', 1)


def test_history_and_restore(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """An overwritten slot comes back in one call, as a new version."""
    device = phone()
    device.save = merge.put_copy(Save("slot-run"), b"good", ONE, NOW)
    device.put("/v1/saves/slot-run", if_none_match="*")
    device.save = merge.put_copy(device.save, b"broken", ONE, NOW + 1)
    device.put("/v1/saves/slot-run")

    restored = http.post("/v1/saves/slot-run/restore?version=1", headers=ANNA)

    save = msgspec.convert(restored.json(), Stored).save
    assert [copy.content for copy in merge.copies_of(save)] == [b"good"]
    assert restored.headers["etag"] == '"3"'
    history = http.get("/v1/saves/slot-run/history", headers=ANNA).json()["saves"]
    assert [(item["version"], item["device"]) for item in history] == [
        (3, "server"),
        (2, ONE),
        (1, ONE),
    ]
    old = http.get("/v1/saves/slot-run/history/2", headers=ANNA).json()
    assert msgspec.convert(old, Stored).save == device.save
    unknown = http.post("/v1/saves/slot-run/restore?version=9", headers=ANNA)
    assert code_of(unknown) == (404, "unknown_version")
    unknown = http.get("/v1/saves/slot-run/history/9", headers=ANNA)
    assert code_of(unknown) == (404, "unknown_version")


def test_clone_is_refused(phone: Callable[..., Phone]) -> None:
    """The second of two devices under one id is told so; nothing of the first is touched."""
    device, clone = phone(), phone()
    device.put(if_none_match="*")
    clone.save, clone.uploads = device.save, device.uploads
    device.kill(2)
    device.put()
    clone.kill(5)
    clone.save = merge.seal(clone.save, ONE, "f" * 16)
    clone.uploads += 5

    refused = clone.put()

    assert code_of(refused) == (409, "device_cloned")
    assert kills_of(device.put()) == 2


def test_players_are_apart(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """A player reads and writes own saves alone; nobody without signing in."""
    phone().put(if_none_match="*")

    assert code_of(http.get(STATS, headers=BERT)) == (404, "unknown_save")
    assert phone(TWO, BERT).put(if_none_match="*").status_code == 201
    for method, path in (
        ("GET", "/v1/saves"),
        ("GET", STATS),
        ("PUT", STATS),
        ("GET", f"{STATS}/history"),
        ("GET", f"{STATS}/history/1"),
        ("POST", f"{STATS}/restore?version=1"),
    ):
        assert code_of(http.request(method, path)) == (401, "not_signed_in")


def test_made_up_token(tmp_path: Path, store: Store) -> None:
    """A bearer token that nobody was given opens nothing."""
    with TestClient(application(store, tmp_path)) as client:
        answer = client.get(STATS, headers=ANNA)

    assert code_of(answer) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


BAD_BODIES: list[tuple[bytes, str, str]] = [
    (b"{", "invalid_json", ""),
    (b'{"type":"settings","registers":{"a":[[0,0,"server"],' + b"[" * 10_000, "invalid_json", ""),
    (b"[]", "invalid_save", ""),
    (b'{"type":"settings"}', "invalid_save", "type"),
    (b'{"type":"player_stats","wings":1}', "invalid_save", ""),
    (b'{"type":"player_stats","sums":{"stats/kills":{"x":1}}}', "invalid_save", "sums[...]"),
    (b'{"type":"player_stats","maxima":{"stats/most_kills":-1}}', "invalid_save", "maxima[...]"),
    (b'{"type":"player_stats","maxima":{"stats/wings":1}}', "invalid_save", ""),
    (b'{"type":"player_stats","seen":{"%s":1}}' % ONE.encode(), "invalid_save", "copies"),
]


@pytest.mark.parametrize(("body", "code", "path"), BAD_BODIES)
def test_bad_bodies(phone: Callable[..., Phone], body: bytes, code: str, path: str) -> None:
    """A body that is no save is refused with the place that is wrong."""
    device = phone()

    answer = device.http.put(STATS, content=body, headers=device.headers(if_none_match="*"))

    assert code_of(answer) == (400, code)
    if path:
        assert answer.json()["errors"][0]["path"].startswith(path)


@pytest.mark.parametrize(
    "headers",
    [
        {"tremble_device": "phone"},
        {"idempotency_key": "short"},
        {"if_match": "7"},
        {"if_match": "*"},
        {"if_none_match": '"7"'},
        {"if_match": '"7"', "if_none_match": "*"},
        {"tremble_device": TWO},
    ],
)
def test_bad_headers(phone: Callable[..., Phone], headers: dict[str, str]) -> None:
    """Headers of another form are refused, not ignored."""
    assert phone().put(**headers).status_code == 400


def test_limits(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """Saves that are too large, too many or from the far future are refused; nothing is kept."""
    device = phone()
    device.save = Save("slot-a")
    device.save = merge.put_copy(device.save, bytes(MAX_COPY_BYTES + 1), ONE, NOW)
    large = device.put("/v1/saves/slot-a", if_none_match="*")
    device.save = merge.put_copy(Save("slot-a"), b"", ONE, 4_000_000_000_000)
    future = device.put("/v1/saves/slot-a", if_none_match="*")
    names = {f"a{n:05}" * 5: ("2026-01-01T00:00:00Z", "m" * 64) for n in range(3_000)}
    device.save = Save("player_stats", earliest=names)
    larger = device.put(if_none_match="*")

    assert (code_of(large), code_of(larger)) == ((413, "save_too_large"), (413, "save_too_large"))
    assert code_of(future) == (400, "clock_ahead")
    for number in range(MAX_SLOTS + 1):
        device.save = merge.put_copy(Save(f"slot-{number}"), b"", ONE, NOW)
        answer = device.put(f"/v1/saves/slot-{number}", if_none_match="*")
    assert code_of(answer) == (409, "too_many_slots")
    assert len(http.get("/v1/saves", headers=ANNA).json()["saves"]) == MAX_SLOTS


def test_too_many_copies(phone: Callable[..., Phone]) -> None:
    """More than eight copies side by side are refused until the player picks one."""
    codes = []
    for number in range(9):
        device = phone(f"{number + 1:032x}")
        device.save = merge.put_copy(Save("slot-a"), b"%d" % number, device.device, NOW)
        device.uploads = number * 10
        first = {"if_none_match": "*"} if number == 0 else {}
        codes.append(device.put("/v1/saves/slot-a", **first).status_code)

    assert codes == [201, *[200] * 7, 409]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from([*Save.__struct_fields__]), inner, max_size=3
        ),
    ).map(lambda value: msgspec.json.encode(value))
)
def test_any_body(http: TestClient[Litestar], body: bytes) -> None:
    """No body makes the server fail."""
    headers = {**ANNA, "tremble-device": ONE, "idempotency-key": "k" * 16}

    assert 400 <= http.put("/v1/saves/slot-x", content=body, headers=headers).status_code < 500


def test_race(http: TestClient[Litestar], phone: Callable[..., Phone]) -> None:
    """Of devices that upload at once upon one version one is first, the others are told; all merge."""
    devices = [phone(f"{number:x}" * 32) for number in range(2, 10)]
    first = phone(ONE)
    first.kill()
    assert first.put(if_none_match="*").status_code == 201
    for one in devices:
        one.kill(2)
    with ThreadPoolExecutor(len(devices)) as threads:
        upon = list(threads.map(lambda one: one.put(if_match='"1"').status_code, devices))
        merged = list(threads.map(lambda one: one.put().status_code, devices))
        listed = list(threads.map(lambda _: http.get(STATS, headers=ANNA).status_code, range(16)))

    assert sorted(upon) == [200] + [412] * 7
    assert merged == [200] * 8
    assert listed == [200] * 16
    assert kills_of(http.get(STATS, headers=ANNA)) == 17


def test_key_of_another_save(phone: Callable[..., Phone]) -> None:
    """An Idempotency-Key that was sent with one save is refused with another, even a first one."""
    one = phone()
    one.kill()
    key = "k" * 16
    assert one.put(if_none_match="*", idempotency_key=key).status_code == 201
    one.save = msgspec.structs.replace(one.save, type="leaderboard", sums={})
    again = one.put("/v1/saves/leaderboard", if_none_match="*", idempotency_key=key)

    assert (again.status_code, again.json()["code"]) == (422, "key_reused")
