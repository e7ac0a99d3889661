"""The pages show what the API tells, and names are harmless on them."""

import re

import pytest
from clients import Client
from results import line, match_id, player_id, result

EVIL = "<script>alert(1)</script>"
PAGES = ["/", "/boards/duel", f"/players/{player_id(1)}", f"/matches/{match_id(1)}"]


def test_empty(client: Client) -> None:
    """Before the first match the page says how to play one."""
    page = client.get("/").text

    assert "No match yet" in page
    assert "tremble bot" in page


@pytest.mark.parametrize("path", PAGES)
def test_names_are_text(client: Client, path: str) -> None:
    """A player named like a script is shown by that name, and is no script."""
    client.post(result(1, line(1, 1, name=EVIL), line(2, 2, name='"onload=x')))

    page = client.get(path).text

    assert EVIL not in page
    assert "&lt;script&gt;alert(1)" in page
    assert all('src="/static/' in tag for tag in re.findall("<script[^>]*>", page))
    assert '"onload' not in page


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/v1/matches", "/static/style.css"])
def test_headers(client: Client, path: str) -> None:
    """Every answer, errors too, forbids the browser what no page of ours needs."""
    client.post(result(1))

    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_links(client: Client, path: str) -> None:
    """Every address on a page is ours and leads somewhere."""
    client.post(result(1, line(1, 1), line(2, 2), line(3, 3)))
    client.post(result(2, line(1, 1), line(2, 2, bot=True)))

    addresses = set(re.findall(r'(?:href|src)="([^"]*)"', client.get(path).text))

    assert addresses
    for address in addresses:
        assert address.startswith("/")
        assert client.get(address).status_code == 200


def test_nothing_inline(client: Client) -> None:
    """No style or script stands in the page itself, where the policy would stop it."""
    client.post(result(1))

    page = client.get("/").text

    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r" on[a-z]+=", page)


def test_first_page(client: Client) -> None:
    """The first page shows boards, the last matches and who took the lead."""
    client.post(result(1, line(1, 1, name="anna"), line(2, 2, name="bert")))

    page = client.get("/").text

    assert page.index("duel") < page.index("anna") < page.index("bert")
    assert f'href="/matches/{match_id(1)}"' in page
    assert "New leaders" in page


def test_match_page(client: Client) -> None:
    """The page of a match shows places, weapons and what it did to the ratings."""
    client.post(result(1))

    page = client.get(f"/matches/{match_id(1)}").text

    assert "rail" in page
    assert "+162" in page
    assert "-162" in page


def test_bot_is_marked(client: Client) -> None:
    """Whoever is a bot is marked as one."""
    client.post(result(1, line(1, 1), line(2, 2, bot=True)))

    assert client.get("/boards/duel-bots").text.count(">bot<") == 1
