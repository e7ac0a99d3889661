"""Errors: problem+json for programs, a page for people."""

import io

import pytest
from clients import Client
from litestar import get
from litestar.testing import create_test_client

from tremble import log
from tremble.web import problems


def test_page_for_browsers(client: Client) -> None:
    """A browser that errs among the pages gets a page, in the API problem+json."""
    page = client.get("/matches/" + "0" * 32, accept="text/html,*/*")
    data = client.get("/v1/matches/" + "0" * 32, accept="text/html,*/*")

    assert (page.status_code, data.status_code) == (404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert "was never recorded" in page.text
    assert data.headers["content-type"] == "application/problem+json"


def test_bug() -> None:
    """A fault of ours is a 500 that tells the client nothing and the operator all."""
    stream = io.StringIO()
    log.configure("info", stream)

    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise KeyError("secret")

    with create_test_client(
        fail,
        exception_handlers={Exception: problems.on_bug},
        logging_config=None,
        raise_server_exceptions=False,
    ) as http:
        answer = http.get("/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "KeyError: 'secret'" in stream.getvalue()


@pytest.mark.parametrize(
    ("path", "home"), [("/nowhere", "/"), ("/dashboard/nowhere", "/dashboard")]
)
def test_page_of_a_problem(client: Client, path: str, home: str) -> None:
    """It leads back to where one was, and does not ask for itself again and again."""
    page = client.get(path, accept="text/html")

    assert page.status_code == 404
    assert f'<p><a href="{home}">' in page.text
    assert "refresh.js" not in page.text and 'id="live"' not in page.text
