"""The pages of what was played show what the API tells, can be linked to, and names are harmless."""

import re

import pytest
from clients import Client
from results import line, player_id, result
from sqlalchemy import select

from tremble.store.engine import Store
from tremble.store.sql import Statement
from tremble.store.tables import rating_history

EVIL = "<script>alert(1)</script>"
ONE, TWO = player_id(1), player_id(2)
PAGES = [
    f"/players/{ONE}",
    "/matches",
    f"/matches?player={ONE}&opponent={TWO}&map=pit&since=2026-01-01",
    f"/players/{ONE}/against/{TWO}",
    f"/players/{ONE}/against/{TWO}?board=duel",
]


@pytest.mark.parametrize("path", PAGES)
def test_good(client: Client, path: str) -> None:
    """Names are text, nothing is inline, every address on the page is ours and leads somewhere."""
    for number in (1, 2):
        lines = (line(1, 1, name=EVIL), line(2, 2, name='"onload=x'))
        client.post(result(number, *lines, after_s=600 * number))

    page = client.get(path).text
    addresses = set(re.findall(r'(?:href|src)="([^"]*)"', page))

    assert EVIL not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == 1
    assert '"onload' not in page
    assert " style=" not in page
    assert "<style" not in page
    for address in addresses:
        assert address.startswith("/")
        assert client.get(address.replace("&amp;", "&")).status_code == 200


def test_graph(client: Client) -> None:
    """The page of a player draws the rating on each board played on more than once."""
    for number in (1, 2, 3):
        client.post(result(number, after_s=600 * number))

    page = client.get(f"/players/{ONE}").text
    drawn = re.findall(r'<polyline points="([^"]*)"', page)

    assert len(drawn) == 1
    assert len(drawn[0].split()) == 3


def test_graph_in_numbers(client: Client, store: Store) -> None:
    """The numbers beneath it are those of the record, the last first."""
    for number in (1, 2, 3):
        client.post(result(number, after_s=600 * number))
    wanted = Statement(
        select(rating_history.c.match_id, rating_history.c.rating)
        .where(rating_history.c.player_id == ONE)
        .order_by(rating_history.c.ended_at.desc())
    )

    rows = store.read(lambda tx: list(tx.rows(wanted)))
    page = client.get(f"/players/{ONE}").text.partition("<details>")[2].partition("</details>")[0]
    shown = re.findall(r'/matches/(\w+)">.*?<td class="n">(\d+)</td>', page)

    assert shown == [(match, str(round(rating))) for match, rating in rows]


def test_first_match(client: Client) -> None:
    """One match makes no line."""
    client.post(result(1))

    assert "<svg" not in client.get(f"/players/{ONE}").text


def test_list(client: Client) -> None:
    """A long list goes on, page by page, with the same conditions."""
    for number in range(1, 33):
        client.post(result(number, after_s=600 * number))

    first = client.get("/matches?map=pit").text
    older = re.findall(r'<a href="([^"]*)">older', first)
    second = client.get(older[0].replace("&amp;", "&")).text

    assert first.count('class="card"') == 30
    assert "map=pit" in older[0]
    assert second.count('class="card"') == 2
    assert "older" not in second


def test_empty_list(client: Client) -> None:
    """A list of nothing says so."""
    assert "no such match" in client.get("/matches?map=nowhere").text


def test_against(client: Client) -> None:
    """Head to head shows the sums, by map too."""
    client.post(result(1))
    client.post(result(2, line(2, 1), line(1, 2), map="moat", after_s=600))

    page = client.get(f"/players/{ONE}/against/{TWO}").text

    assert page.index("pit") > 0
    assert page.index("moat") > 0
    assert "15 : 15" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/players/{player_id(9)}", 404),
        (f"/players/{ONE}/against/{player_id(9)}", 404),
        (f"/players/{ONE}/against/{ONE}", 400),
        ("/matches?cursor=x", 400),
        ("/matches?since=never", 400),
    ],
)
def test_refused(client: Client, path: str, status: int) -> None:
    """What is not there is told as a page."""
    client.post(result(1))

    answer = client.get(path, accept="text/html")

    assert answer.status_code == status
    assert "<!doctype html>" in answer.text
