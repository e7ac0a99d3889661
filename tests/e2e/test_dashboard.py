"""The dashboard in the real Chromium, on a running server with bots: what operators see and do there."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from browser import DESK, PHONE, Tab, chromium
from e2e import processes
from e2e.processes import Up, wait_until
from playwright.sync_api import Browser, Error, Page, expect

SETS = (
    "server.map=arena_01", "server.gamemode=ffa", "match.warmup_s=1", "match.countdown_s=0.5",
    "match.frag_limit=0", "match.time_limit_s=900",
)  # fmt: skip
LOOKS = ((DESK, "light"), (PHONE, "dark"))
LIVE = ["/dashboard", "/dashboard/server"]
PAGES = [
    *LIVE,
    *(f"/dashboard/{name}" for name in ("analytics", "settings", "logs", "backups", "account")),
]


class House:
    """A running server, and the browser of its operator."""

    def __init__(self, up: Up, browser: Browser) -> None:
        self.up = up
        self.browser = browser
        found = re.search(r"user admin password (\S+)", up.stderr())
        assert found is not None
        self.password = found[1]
        self.tab = self.open()

    def open(self, size: tuple[int, int] = DESK, scheme: str = "light") -> Tab:
        """Return a new tab, signed in by the form."""
        tab = Tab(self.browser, self.up.url, size, scheme)
        tab.go("/dashboard/server")
        tab.page.get_by_label("Name").fill("admin")
        tab.page.get_by_label("Password").fill(self.password)
        tab.page.get_by_role("button", name="Sign in").click()
        tab.page.wait_for_url("**/dashboard/server")
        return tab

    def go(self, path: str) -> Page:
        return self.tab.go(path)

    def run(self, line: str) -> str:
        """Type *line* at the console of the page; return the answer."""
        page = self.tab.page
        before = page.locator("#log p").count()
        page.get_by_label("Command", exact=True).fill(line)
        page.keyboard.press("Enter")
        expect(page.locator("#log p")).to_have_count(before + 2)
        return page.locator("#log p span").last.inner_text()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with chromium() as browser:
        house = House(Up(tmp_path_factory.mktemp("house"), "--bots", "3", sets=SETS), browser)
        try:
            yield house
            assert house.tab.faults == []
        finally:
            house.up.stop(signal.SIGTERM)


def test_arena_moves(house: House) -> None:
    """Players are listed with ping and loss, and the picture is another one a moment later."""
    page = house.go("/dashboard/server")
    expect(page.locator("#players tr b").nth(2)).to_be_visible()
    expect(page.locator("#players tr").first).to_contain_text(
        re.compile(r"\d+ ms.*\d %", re.DOTALL)
    )
    house.tab.until("document.getElementById('follow').options.length === 4")
    shot = "document.getElementById('canvas').toDataURL()"
    page.evaluate(f"window.before = {shot}")

    house.tab.until(f"{shot} !== window.before")
    expect(page.locator("#live")).to_have_text("live")


def test_console_acts(house: House) -> None:
    """A command is obeyed, its answer shown, and everybody hears of it; Up brings it back."""
    page = house.go("/dashboard/server")

    assert house.run("set match.intermission_s 7") == "match.intermission_s = 7.0"
    assert house.run("nonsense").startswith("there is no command 'nonsense'")
    assert house.run("say hello there") == "said: hello there"
    expect(page.locator("#news")).to_contain_text("hello there")
    field = page.get_by_label("Command", exact=True)
    field.press("ArrowUp")
    expect(field).to_have_value("say hello there")
    field.fill("recy")
    field.press("Tab")
    expect(field).to_have_value("recycle ")


def test_ban_takes_effect(house: House) -> None:
    """Whoever is banned on the page is out, and is refused when it comes again."""
    page = house.go("/dashboard/server")
    row = page.locator("#players tr").nth(0)
    name = row.locator("b").inner_text()
    row.get_by_role("button", name=f"Act on {name}").click()
    page.get_by_label("What").select_option("ban")
    page.get_by_label("Reason").fill("too loud")
    assert house.tab.grave() == []
    page.get_by_role("button", name="Do it").click()

    expect(page.locator("#told")).to_contain_text(f"banned {name}")
    expect(page.locator("#players b").get_by_text(name, exact=True)).to_have_count(0)
    assert f"{name} until" in house.run("bans") and "by admin: too loud" in house.run("bans")
    assert name not in house.run("players")


def test_settings_are_edited(house: House) -> None:
    """A fault is told while one types, a good edit holds at once, comments and all."""
    page = house.go("/dashboard/settings")
    text = page.locator("#text")
    text.fill("[match]\novertme_s = 33\n")
    expect(page.locator("#trial")).to_contain_text("did you mean match.overtime_s?")
    expect(page.locator("#save")).to_be_disabled()
    text.fill("# long ones\n[match]\novertime_s = 33\n")
    expect(page.locator("#trial")).to_contain_text("at once")
    expect(page.locator("#diff .plus").first).to_be_visible()
    page.locator("#save").click()
    expect(page.locator("#told")).to_contain_text("read by the running server")

    house.go("/dashboard/server")
    wait_until(lambda: house.run("set match.overtime_s") == "match.overtime_s = 33.0", "the edit")


def test_backup_and_logs(house: House) -> None:
    """One is made, checked and rehearsed; the log tells who signed in."""
    page = house.go("/dashboard/backups")
    page.get_by_role("button", name="Back up now").click()
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#outcome-text")).to_contain_text("sound")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.locator("#outcome-text")).to_contain_text("would restore backup")
    expect(page.get_by_role("button", name="Restore it")).to_be_disabled()

    page = house.go("/dashboard/logs")
    page.get_by_label("Holds").fill("signed in")
    expect(page.locator("#lines")).to_contain_text("dashboard: operator signed in")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_pages_are_sound(house: House, size: tuple[int, int], scheme: str) -> None:
    """Nothing serious for axe, nothing asked elsewhere, no wider than a phone; on each page."""
    tab = house.open(size, scheme)
    for path in PAGES:
        page = tab.go(path)
        if path in LIVE:
            expect(page.locator("#live")).to_have_text("live")
        assert tab.grave() == [], path
        assert tab.too_wide() <= 0, path
        assert tab.faults == [], path
    tab.close()


def test_sign_in_page_is_sound(house: House) -> None:
    """Also for who is not in yet, and with a fault told."""
    tab = Tab(house.browser, house.up.url)
    page = tab.go("/dashboard")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("is wrong")
    assert tab.grave() == []
    tab.close()


def test_goes_on_after_a_crash(house: House) -> None:
    """When the game process dies, the open page shows the next one by itself."""
    house.go("/dashboard/server")
    shot = "document.getElementById('canvas').toDataURL()"
    house.tab.until("document.getElementById('facts').textContent.includes('here')")
    house.tab.page.evaluate(
        """() => {
          const facts = document.getElementById('facts');
          const look = () => { window.lost ||= facts.textContent === 'no answer'; };
          new MutationObserver(look).observe(facts, { childList: true, characterData: true, subtree: true });
        }"""
    )
    os.kill(house.up.child("tremble.server"), signal.SIGKILL)

    house.tab.until("window.lost")
    house.tab.until("document.getElementById('facts').textContent.includes('here')")
    house.tab.page.evaluate(f"window.before = {shot}")
    house.tab.until(f"{shot} !== window.before")


def test_end_of_a_session(house: House) -> None:
    """When it has ended, the page goes to the sign-in by itself, and from there back."""
    tab = house.open()
    tab.context.clear_cookies()
    with suppress(Error):  # the page may be on its way there already
        tab.page.reload()
    expect(tab.page).to_have_url(re.compile("login[?]next=%2Fdashboard%2Fserver$"))
    tab.close()


def test_weight(house: House) -> None:
    """A page and all that it loads are small."""
    tab = house.open()
    tab.go("/dashboard/server")
    script = "performance.getEntriesByType('resource').reduce((n, e) => n + e.encodedBodySize, 0)"

    assert tab.page.evaluate(script) < 300_000
    tab.close()


def test_edit_survives_restart(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started again, the server has the edit; the password is told no more, and still good."""
    house.up.stop(signal.SIGTERM)
    monkeypatch.setattr(processes, "write_pit", lambda directory: None)
    house.up = Up(house.up.directory, sets=SETS)

    assert "password" not in house.up.stderr()
    house.tab.close()
    house.tab = house.open()
    assert house.run("set match.overtime_s") == "match.overtime_s = 33.0"
