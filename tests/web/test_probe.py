"""The probe: who is meant must answer, at once or at the second question."""

import asyncio
from collections.abc import Sequence

import pytest
from client.fake_servers import Servers

from tremble.net.query import answer
from tremble.web.probe import BYTES, PATIENCE, probe

WHO = "5e" * 8
#: For who answers, however busy the machine is; and for who will never answer.
PATIENT, BRIEF = (60.0,), (0.1, 0.1)


def ask(servers: Servers, patience: Sequence[float]) -> float | None:
    return asyncio.run(probe("127.0.0.1", servers.ports[0], WHO, patience))


def test_a_server_that_is_there() -> None:
    """It answers with its id in no more bytes than it was asked with."""
    sizes = []

    def reply(data, told):
        found = answer(data, told, True, WHO)
        sizes.append((len(data), len(found)))
        return found

    with Servers(1, reply) as servers:
        assert 0.0 < ask(servers, PATIENT) < 60_000.0

    assert sizes[0][1] <= sizes[0][0] == BYTES


@pytest.mark.parametrize(
    "reply",
    [
        lambda data, told: answer(data, told, True, "6f" * 8),
        lambda data, told: answer(data, told),
        lambda data, told: b'{"type":"pong","timestamp":1,"server_id":"' + WHO.encode() + b'"}',
        lambda data, told: b"{" * 90,
        lambda data, told: b'{"type":"pong","timestamp":[]}',
        lambda data, told: None,
    ],
    ids=["another", "nameless", "wrong number", "nonsense", "odd", "silent"],
)
def test_who_is_not_meant(reply) -> None:
    """Another server, one that has not seen the question, or none."""
    with Servers(1, reply) as servers:
        assert ask(servers, BRIEF) is None


def test_a_lost_answer_is_asked_for_again() -> None:
    """The round trip is that of the question that was answered."""
    asked = []

    def reply(data, told):
        asked.append(data)
        return answer(data, told, True, WHO) if len(asked) > 1 else None

    with Servers(1, reply) as servers:
        assert ask(servers, (0.1, *PATIENT)) is not None

    assert len(set(asked)) == len(asked) == 2


def test_a_closed_port_is_nobody() -> None:
    """Neither is an address without a route."""
    assert asyncio.run(probe("127.0.0.1", 1, WHO, (0.05, 0.05))) is None
    assert asyncio.run(probe("255.255.255.255", 1, WHO, (0.05,))) is None


def test_a_probe_is_shorter_than_any_heartbeat() -> None:
    """All its questions together: the headers of a signed request alone are longer."""
    signature_and_id = 88 + 16
    assert BYTES * len(PATIENCE) <= 288 < signature_and_id + 190 + 120
