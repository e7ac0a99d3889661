"""The API of the master list: signed heartbeats, the probe before anybody is listed, and the list."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import msgspec
import pytest
from applications import application
from beats import beat
from client.fake_servers import Servers
from clients import PRIVATE, SERVER_ID, Client, signed, trust
from e2e.processes import wait_until
from litestar.testing import TestClient
from stores import FarAway

from tremble import token
from tremble.net.query import answer
from tremble.store import instant, server_keys, servers
from tremble.store.engine import Store
from tremble.web import registry as registry_module
from tremble.web.limits import Limits
from tremble.web.options import ListOptions, WebOptions
from tremble.web.probe import probe
from tremble.web.registry import Registry
from tremble.web.signed_in import now

OTHER = bytes(range(1, 33))
LIST = ListOptions(allow_private=True, per_owner=1)


@pytest.fixture
def client(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    # Each server here answers, if late.
    monkeypatch.setattr(registry_module, "probe", partial(probe, patience=(60.0,)))
    trust(tmp_path)
    app = application(store, tmp_path, options=WebOptions(servers=LIST, metrics_open=True))
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


@pytest.fixture
def game() -> Iterator[Servers]:
    """A game server that answers probes, as SERVER_ID."""
    with Servers(1, lambda data, told: answer(data, told, True, SERVER_ID)) as running:
        yield running


def send(client: Client, private: bytes = PRIVATE, body: bytes | None = None, **more):
    given = {"at": time.time_ns() // 1000, **more}
    body = msgspec.json.encode(beat(**given)) if body is None else body
    return client.http.post("/v1/server/heartbeat", content=body, headers=signed(body, private))


def state(client: Client) -> str:
    return client.get(f"/v1/servers/{SERVER_ID}").json().get("state", "")


def test_listed_once_it_has_answered(client: Client, game: Servers) -> None:
    """Then it stands in list and page as its heartbeat says, until it says goodbye."""
    address = game.addresses[0]
    first = send(client, advertise=address).json()
    assert (first["state"], first["address"]) == ("unprobed", address)
    wait_until(lambda: state(client) == "listed", "the probe")
    second = send(client, advertise=address, players=3, name="<b>Anna", password=True).json()
    assert second == {"state": "listed", "address": address, "next_s": 25.0}

    def listed() -> list:
        return client.get("/v1/servers").json()["servers"]

    [found] = wait_until(lambda: [s for s in listed() if s["players"]], "what the heartbeat says")
    assert (found["address"], found["players"], found["password"]) == (address, 3, True)
    assert found["ping_hint"] > 0.0
    guest = client.http.post("/v1/auth/device", json={"key": "1" * 32}).json()
    bearer = {"Authorization": f"Bearer {guest['access_token']}"}
    joining = client.http.post("/v1/join", json={"server_id": SERVER_ID}, headers=bearer).json()
    assert joining["address"] == address
    page = client.get("/servers?mode=duel", accept="text/html").text
    assert address in page
    assert "&lt;b&gt;Anna" in page
    assert client.get("/v1/servers?password=false&text=anna").json()["total"] == 0

    send(client, advertise=address, leaving=True)
    wait_until(lambda: listed() == [], "its goodbye")
    changes = client.get(f"/v1/servers/{SERVER_ID}").json()["changes"]
    assert [change["state"] for change in changes] == ["gone", "listed", "unprobed"]


def test_silence_is_told(client: Client, game: Servers, store: Store) -> None:
    """A server whose heartbeats end is lost, to API and metrics, until the next one comes."""
    address = game.addresses[0]
    send(client, advertise=address, name="Anna")
    wait_until(lambda: state(client) == "listed", "the probe")
    assert client.get("/v1/servers/lost").json() == {"servers": []}

    later = now()
    store.write(servers.end_silent, later, later).result()

    def lost() -> list:
        return client.get("/v1/servers/lost").json()["servers"]

    [found] = wait_until(lost, "it is missed")
    assert (found["server_id"], found["name"], found["state"]) == (SERVER_ID, "Anna", "gone")
    told = client.get("/metrics", accept="text/plain").text
    assert 'tremble_servers{state="gone"} 1.0' in told
    assert "tremble_servers_lost 1.0" in told
    send(client, advertise=address)
    wait_until(lambda: not lost(), "it is back")


def test_who_does_not_answer_is_not_listed(client: Client) -> None:
    """It is told so with the next heartbeat."""
    with Servers(1, answer) as another:
        send(client, advertise=another.addresses[0])
        wait_until(lambda: state(client) == "unreachable", "the probe")
        told = send(client, advertise=another.addresses[0]).json()

    assert told["state"] == "unreachable"
    assert client.get("/v1/servers").json() == {"servers": [], "total": 0, "next": None}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"at": 1}, 400, "clock_off"),
        ({"advertise": "224.0.0.1"}, 403, "bad_address"),
        ({"advertise": "play.example.org"}, 403, "bad_address"),
        ({}, 403, "bad_address"),
        ({"body": b"{"}, 400, "invalid_json"),
        ({"body": b'{"type":"heartbeat","at":1}'}, 400, "invalid_request"),
        ({"body": b'{"type":"else"}'}, 400, "invalid_request"),
        ({"body": b"[" * 4000}, 400, "invalid_request"),
        ({"body": b" " * 5000}, 413, "too_large"),
        ({"private": OTHER}, 401, "unknown_server"),
    ],
)
def test_what_is_refused(client: Client, more, status, code) -> None:
    """With a reason, and nothing is kept of it."""
    refused = send(client, **more)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert state(client) == ""


def test_a_heartbeat_counts_once(client: Client, game: Servers) -> None:
    """Whoever has seen it cannot send it again; another's signature does not fit."""
    body = msgspec.json.encode(beat(time.time_ns() // 1000, advertise=game.addresses[0]))
    assert send(client, body=body).status_code == 200

    assert send(client, body=body).json()["code"] == "replayed"
    forged = {**signed(body), token.SIGNATURE_HEADER: token.sign(OTHER, body)}
    answered = client.http.post("/v1/server/heartbeat", content=body, headers=forged)
    assert answered.json()["code"] == "bad_signature"


def test_an_owner_has_so_many_servers(client: Client, store: Store, game: Servers) -> None:
    """By the name that its servers were enrolled under."""
    for private in (PRIVATE, OTHER):
        store.write(server_keys.enrol, token.public_key(private), "anna", 0, None).result()
    assert send(client, advertise=game.addresses[0]).status_code == 200

    refused = send(client, OTHER, advertise=game.addresses[0])

    assert (refused.status_code, refused.json()["code"]) == (403, "too_many_servers")


def test_pages(client: Client, store: Store) -> None:
    """Each server once, by a cursor; a cursor of no server is a place too, nonsense is none."""
    now = instant.to_store(instant.EPOCH) + time.time_ns() // 1000
    for number in range(5):
        source = servers.Source(f"{number:016x}", "", f"192.0.2.1:{number + 1}", 2)
        store.write(servers.hear, source, beat(number + 1, name=f"s{number}"), now, 9).result()
        store.write(servers.probed, source.server_id, source.address, now, 1.0).result()
    names, cursor = [], ""
    while cursor is not None:
        found = client.get(f"/v1/servers?limit=2{cursor and '&cursor=' + cursor}").json()
        names += [server["name"] for server in found["servers"]]
        cursor = found["next"]

    assert names == [f"s{number}" for number in range(5)]
    assert client.get(f"/v1/servers?cursor={'A' * 48}").json()["total"] == 5
    assert client.get("/v1/servers?cursor=nonsense").status_code == 400
    assert "more</a>" not in client.get("/servers", accept="text/html").text


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_private_address_is_for_who_is_near(tmp_path: Path, anyio_backend) -> None:
    """A list on the internet names no address of somebody's own machine or network."""
    with Store(tmp_path / "tremble.db") as store:
        app = application(store, tmp_path)
        for number, address in enumerate(("127.0.0.1:1", "10.0.0.5:1", "1.2.3.4:1")):
            source = servers.Source(f"{number:016x}", "", address, number)
            store.write(servers.hear, source, beat(), 1, 9).result()
            store.write(servers.probed, source.server_id, address, 1, 1.0).result()

        async def seen(host: str) -> int:
            transport = httpx.ASGITransport(app, client=(host, 5))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
                hidden = await http.get(f"/v1/servers/{0:016x}")
                assert hidden.status_code == (200 if host == "127.0.0.1" else 404)
                return (await http.get("/v1/servers")).json()["total"]

        assert [await seen(h) for h in ("127.0.0.1", "192.168.1.1", "8.8.8.8")] == [3, 2, 1]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_two_who_ask_at_once_see_the_same(anyio_backend) -> None:
    """Also the second, who comes while the first list of all is still being read."""
    store = FarAway(["a server"])
    registry = Registry(store, Limits(), LIST)  # type: ignore[arg-type]

    lists = await asyncio.gather(registry.listed(), registry.listed())

    assert lists == [["a server"], ["a server"]]
    assert store.asked == 1
