"""The list in Valve's dialect: pages, filters, and little for who forges an address."""

import socket
import struct
from pathlib import Path

import pytest
from applications import application
from beats import beat
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from tremble.store import instant, servers
from tremble.store.engine import Store
from tremble.store.servers import Server
from tremble.web import listen
from tremble.web.master import END, FIRST, HEAD, MORE, Question, answer, read_question, ring
from tremble.web.options import ListOptions, WebOptions

SECRET = b"s" * 32
AT = instant.from_store(1_767_268_800_000_000)
ANY = Question(255, END, ())


def server(number: int, **more) -> Server:
    address = f"198.51.{number // 250}.{number % 250}:{4000 + number}"
    return Server(f"{number:016x}", "", address, 2, "listed", AT, AT, AT, 1.0, beat(**more))


def read(data: bytes) -> tuple[list[bytes], bool]:
    """Return the addresses in an answer, and whether the list ends there."""
    assert data.startswith(HEAD)
    body = data[len(HEAD) :]
    assert len(body) % 6 == 0
    found = [body[i : i + 6] for i in range(0, len(body), 6)]
    return (found[:-1], True) if found[-1:] == [END] else (found, False)


def walk(entries, host: bytes) -> list[list[bytes]]:
    """Return all pages that *host* gets."""
    pages, seed, end = [], END, False
    while not end:
        found, end = read(answer(Question(255, seed, ()), entries, SECRET, host))
        pages.append(found)
        seed = found[-1] if found else END
    return pages


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 199, 200, 201, 500])
def test_pages_are_the_list(count):
    """Each server once; a short page, then whole ones; none over 1,200 bytes."""
    entries = ring([server(n) for n in range(count)], SECRET)
    pages = walk(entries, b"\x01\x02\x03\x04")

    assert sorted(a for page in pages for a in page) == sorted(e.packed for e in entries)
    assert all(len(page) <= FIRST for page in pages[:1])
    assert all(len(page) == MORE for page in pages[1:-1])
    assert len(HEAD) + 6 * (MORE + 1) <= 1200


def test_who_forges_an_address_gets_short_pages():
    """The end of another's first page is not one's own: the ring begins elsewhere for each asker."""
    entries = ring([server(n) for n in range(500)], SECRET)
    first, *_ = walk(entries, b"\x01\x02\x03\x04")
    found, _ = read(answer(Question(255, first[-1], ()), entries, SECRET, b"\x05\x06\x07\x08"))

    assert len(found) == FIRST


def test_a_server_that_went_does_not_end_the_list():
    """A seed that is not there any more is a place on the ring all the same."""
    all_of_them = ring([server(n) for n in range(60)], SECRET)
    host = b"\x01\x02\x03\x04"
    first, _ = read(answer(ANY, all_of_them, SECRET, host))
    left = [entry for entry in all_of_them if entry.packed != first[-1]]
    second, end = read(answer(Question(255, first[-1], ()), left, SECRET, host))

    assert not end
    assert not {*first} & {*second}


@pytest.mark.parametrize(
    ("pairs", "region", "expected"),
    [
        ("", 255, {1, 2, 3}),
        (r"\gamedir\tremble", 255, {1, 2, 3}),
        (r"\gamedir\tf", 255, set()),
        (r"\map\pit", 255, {2}),
        (r"\empty\1", 255, {2, 3}),
        (r"\noplayers\1", 255, {1}),
        (r"\full\1", 255, {1, 2}),
        (r"\password\0", 255, {1, 3}),
        (r"\name_match\*an*", 255, {1}),
        (r"\gametype\ffa,fast", 255, {3}),
        (r"\nor\2\map\pit\full\1", 255, {3}),
        (r"\nand\2\map\pit\empty\1", 255, {1, 3}),
        (r"\appid\0\secure\1", 255, set()),
        ("", 3, {1}),
        (r"\nor\x\map", 255, {1, 2, 3}),
    ],
)
def test_filters(pairs, region, expected):
    """As Valve describes them; what is not known asks for nothing."""
    found = [
        server(1, name="Hannah", region="europe"),
        server(2, map="pit", players=3, password=True),
        server(3, gamemode="ffa", players=16, tags=["fast"]),
    ]
    asked = read_question(bytes([0x31, region]) + b"0.0.0.0:0\0" + pairs.encode() + b"\0")
    told, end = read(answer(asked, ring(found, SECRET), SECRET, b"\x01\x02\x03\x04"))

    assert end
    assert {struct.unpack(">4sH", a)[1] - 4000 for a in told} == expected


def test_the_quirk_of_a_client():
    """quakestat leaves a stale byte, even a digit, behind the port, and no zero before it."""
    asked = read_question(b"1\xff127.0.0.1:4632f\0")
    assert asked[:3] == (255, b"\x7f\x00\x00\x01\x12\x18", ())

    entries = ring([server(n) for n in range(60)], SECRET)
    first, _ = read(answer(ANY, entries, SECRET, b"host"))
    address, port = first[-1][:4], struct.unpack(">H", first[-1][4:])[0]
    plain = f"1\xff{'.'.join(map(str, address))}:{port}".encode("latin-1")
    pages = {
        answer(read_question(plain + stale + b"\0"), entries, SECRET, b"host")
        for stale in (b"", b"4", b"9", b"q")
    }
    assert len(pages) == 1
    assert not {*first} & {*read(pages.pop())[0]}
    assert read_question(b"1\xff0.0.0.0:0\\map\\pit\0").filter == (("map", "pit"),)


@given(st.binary(max_size=600) | st.binary(max_size=60).map(lambda rest: b"1\xff" + rest))
def test_any_bytes_are_a_question_or_nothing(data):
    """And every question has an answer that is not long."""
    asked = read_question(data)
    if asked is not None:
        found = answer(asked, ring([server(n) for n in range(30)], SECRET), SECRET, b"host")
        assert len(found) <= len(HEAD) + 6 * (FIRST + 1)


def test_over_a_socket(tmp_path: Path) -> None:
    """The list that HTTP tells, to who can reach it."""
    sock = listen.bind_udp("127.0.0.1", 0)
    options = WebOptions(servers=ListOptions(master_port=sock.getsockname()[1]))
    with Store(tmp_path / "tremble.db") as store:
        source = servers.Source("5e" * 8, "", "127.0.0.1:4433", 0)
        store.write(servers.hear, source, beat(), 1, 9).result()
        store.write(servers.probed, source.server_id, source.address, 1, 1.0).result()
        app = application(store, tmp_path, options=options, master_socket=sock)
        with TestClient(app), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(60)
            asker.sendto(b"1\xff0.0.0.0:0\0\0", ("127.0.0.1", options.servers.master_port))
            told, _ = asker.recvfrom(2048)

    assert read(told) == ([b"\x7f\0\0\x01" + struct.pack(">H", 4433)], True)
