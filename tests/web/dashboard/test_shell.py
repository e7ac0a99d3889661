"""The shell: files of others are what they are said to be, ours ask nobody else; entries by role."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from stores import fresh
from web.dashboard.operators import Browser

from tremble.store.engine import Store
from tremble.web import dashboard
from tremble.web.dashboard.shell import NAVIGATION, STATIC

ROOT = Path(__file__).parents[3]
OTHERS = {"uplot.js", "uplot.css"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: nothing here asks the store anything of its own."""
    with fresh(tmp_path / "tremble.db") as made:
        yield made


def test_uplot_is_the_one_that_was_looked_at() -> None:
    """Its digest stands in the decision, its licence beside it."""
    page = (ROOT / "docs" / "decisions" / "0009-dashboard-without-a-build.md").read_text()
    folder = Path(dashboard.__file__).parents[1] / "static" / "dashboard"

    assert sha256(STATIC["uplot.js"][0]).hexdigest() in page
    assert "MIT" in (folder / "uplot.LICENSE").read_text()


@pytest.mark.parametrize("name", sorted(set(STATIC) - OTHERS))
def test_nothing_from_elsewhere(name: str) -> None:
    """No address of another site stands in a file of ours, but a name space."""
    text = STATIC[name][0].decode().replace("http://www.w3.org/2000/svg", "")

    assert "http:" not in text and "https:" not in text
    assert "innerHTML" not in text and "eval(" not in text


def test_navigation(browser: Browser) -> None:
    """Each sees the entries of its role, and each of them leads somewhere."""
    for role, count in (("viewer", 3), ("moderator", 4), ("admin", 6)):
        browser.http.cookies.clear()
        browser.sign_in(role)
        page = browser.get("/dashboard").text
        shown = [entry.path for entry in NAVIGATION if f'<a href="{entry.path}"' in page]
        assert len(shown) >= count
        assert {browser.get(path).status_code for path in shown} == {200}


def test_static_files(browser: Browser) -> None:
    """Known by their tag when asked again; no other name is looked for."""
    first = browser.get("/static/dashboard/dom.js")

    assert first.headers["content-type"].startswith("text/javascript")
    tag = {"if-none-match": first.headers["etag"]}
    assert browser.get("/static/dashboard/dom.js", **tag).status_code == 304
    assert browser.get("/static/dashboard/nothing.js").status_code == 404
