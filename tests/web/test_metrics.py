"""web/metrics.py: what was answered, how the store does, and who may see it."""

from pathlib import Path

import pytest
from applications import application
from clients import Client, trust
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families
from results import result

from tremble.store.engine import Store
from tremble.web.options import WebOptions

OPEN = WebOptions(metrics_open=True)


@pytest.fixture
def opened(tmp_path: Path, store: Store):
    """The application, its metrics open to all."""
    trust(tmp_path)
    app = application(store, tmp_path, options=OPEN)
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


def values(client: Client) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and labels in the order of their names."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, *(s.labels[k] for k in sorted(s.labels))): s.value for s in samples}


def test_answers_are_counted_by_route(opened: Client) -> None:
    """Code, method, route: what anybody makes up is no route, and HEAD is not GET."""
    opened.get(f"/v1/matches/{1:032x}")
    opened.get("/nothing/0001")
    opened.get("/nothing/0002")
    opened.http.head("/readyz")
    found = values(opened)

    assert found["tremble_http_requests_total", "404", "GET", "/v1/matches/{match_id}"] == 1
    assert found["tremble_http_requests_total", "404", "GET", "(none)"] == 2
    assert found["tremble_http_requests_total", "200", "HEAD", "/readyz"] == 1
    assert found["tremble_http_request_seconds_count", "(none)"] == 2
    assert found["tremble_http_requests_active",] == 1


def test_store_is_described(opened: Client, store: Store) -> None:
    """A recorded match is a commit, and two players on the board."""
    before = values(opened)
    assert opened.post(result(1)).status_code == 201
    found = values(opened)

    assert found["tremble_commit_seconds_count",] > before["tremble_commit_seconds_count",]
    assert found["tremble_commit_jobs_sum",] >= found["tremble_commit_jobs_count",]
    assert found["tremble_board_entries", "duel"] == 2
    assert found["tremble_store_up",] == 1
    assert found["tremble_store_bytes", "data"] > 0


def test_store_gone(opened: Client, store: Store) -> None:
    """Metrics are there when the store is not, and say so."""
    store.close()
    found = values(opened)

    assert found["tremble_store_up",] == 0
    assert ("tremble_board_entries", "duel") not in found


def test_who_is_elsewhere_shows_the_token(tmp_path: Path, store: Store) -> None:
    """Others are refused."""
    options = WebOptions(metrics_token="open sesame")
    with TestClient(application(store, tmp_path, options=options)) as http:
        assert http.get("/metrics").status_code == 403
        assert http.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 403
        shown = http.get("/metrics", headers={"authorization": "Bearer open sesame"})
        assert shown.status_code == 200


def test_openmetrics(opened: Client) -> None:
    """By Accept."""
    answer = opened.get("/metrics", accept="application/openmetrics-text;version=1.0.0")

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_game_that_does_not_answer(tmp_path: Path, store: Store) -> None:
    """Where a game server should be and is not, nothing is well."""
    options = WebOptions(metrics_open=True, game=True)
    with TestClient(application(store, tmp_path, options=options)) as http:
        client = Client(http)

        assert values(client)["tremble_game_up",] == 0
        assert client.get("/healthz").json()["code"] == "unhealthy"
        assert client.get("/readyz").json()["code"] == "not_ready"
