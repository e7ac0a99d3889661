"""The pages of people and matches in Chromium: they work by the mouse, and everybody can use them.

With TREMBLE_PICTURES=DIR it leaves there the pictures of the docs.
"""

import hashlib
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pygame
import pytest
import zxingcpp
from browser import PHONE, Tab, chromium
from playwright.sync_api import expect
from processes_web import serving
from replays import GOLDEN
from results import line, match_id, player_id, result
from web.dashboard.operators import PASSWORD, add

from tremble import ledger
from tremble.result import FairPlay
from tremble.shelf import Room, Shelf
from tremble.store import notes, operators, rebuild
from tremble.store.audit import By
from tremble.store.bans import Ban
from tremble.store.engine import Store
from tremble.web.dashboard import totp
from tremble.web.signed_in import moment, now

DATA = GOLDEN.read_bytes()
ONE, TWO = player_id(1), player_id(2)
MATCH = f"/dashboard/matches/{match_id(3)}"
PAGES = [
    "/dashboard/players",
    f"/dashboard/players/{ONE}",
    f"/dashboard/players/{ONE}/void",
    "/dashboard/matches",
    MATCH,
    f"{MATCH}/void",
    "/dashboard/boards",
    "/dashboard/boards/duel",
    "/dashboard/servers",
    "/dashboard/keys",
    "/dashboard/operators",
    "/dashboard/operators/bert",
    "/dashboard/account",
    "/dashboard/audit",
]
PUBLIC = ["/", f"/players/{ONE}", "/matches", f"/matches/{match_id(3)}", "/boards/duel", "/servers"]
#: Where pictures go, and which there are.
PICTURES = os.environ.get("TREMBLE_PICTURES", "")
PICTURED = {
    f"/dashboard/players/{ONE}": "dashboard-player.png",
    f"{MATCH}/void": "dashboard-void.png",
}
READY = "document.querySelector('.replay.whole') !== null"


def fill(directory: Path) -> None:
    """Make a record: ten duels, one with its replay, a ban with evidence, a note, an admin."""
    Shelf(directory / "replays", Room()).put(match_id(3), DATA)
    by = By("operator:admin", "::1", now())
    with Store(directory / "tremble.db") as store:
        add(store, "admin", "admin")
        add(store, "bert", "moderator")
        add(store, "carla", "viewer")
        for number in range(10):
            anna = line(1, 1, name="anna", fair_play=FairPlay(0.6, [300]))
            other = line(2 + number % 3, 2)
            digest = hashlib.sha256(DATA).hexdigest() if number == 3 else None
            how = {"after_s": 3600 * number, "map": "arena_01", "replay": digest}
            ledger.post(store, result(number, anna, other, **how))
        store.write(notes.add, by, ONE, "admin", "Aims well.\nLook again in a week.").result()
        ban = Ban(TWO, moment(), None, "aimbot", match_id(3), 300)
        store.write(operators.ban, by, ban).result()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("record")
    fill(made)
    return made


@pytest.fixture(scope="module")
def tab(directory: Path) -> Iterator[Tab]:
    """A browser in which an admin is signed in."""
    with serving(directory) as process, chromium() as browser:
        tab = Tab(browser, process.url)
        page = tab.go("/dashboard/login")
        page.fill("[name=name]", "admin")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_url("**/dashboard")
        yield tab
        assert tab.faults == []


@pytest.mark.parametrize("path", PAGES + PUBLIC)
def test_everybody_can_use_it(tab: Tab, path: str) -> None:
    """Axe finds nothing serious, light or dark; on a phone nothing stands out to the side."""
    tab.page.set_viewport_size({"width": 1280, "height": 900})
    tab.go(path)
    light = tab.grave()
    if PICTURES and path in PICTURED:
        tab.page.screenshot(path=Path(PICTURES) / PICTURED[path])
    tab.page.emulate_media(color_scheme="dark")
    dark = tab.grave("color-contrast")  # nothing else is another in the dark
    tab.page.emulate_media(color_scheme="light")
    tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    wide = tab.too_wide()
    tab.page.set_viewport_size({"width": 1280, "height": 900})

    assert (light, dark, wide) == ([], [], 0)


def test_present_page_is_in_view_on_a_phone(tab: Tab) -> None:
    """The navigation scrolls to its entry; lines of a match are as high as they are, not as a log."""
    tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page = tab.go("/dashboard/audit")
    tab.until("document.querySelector('nav').scrollLeft > 0")
    entry = page.locator("nav [aria-current]").bounding_box()
    page = tab.go("/dashboard/matches")
    row = page.locator("tbody tr").first.bounding_box()
    tab.page.set_viewport_size({"width": 1280, "height": 900})

    assert entry is not None and entry["x"] >= 0 and entry["x"] + entry["width"] <= PHONE[0]
    assert row is not None and row["height"] < 150


def test_evidence_leads_to_its_moment(tab: Tab) -> None:
    """From the ban to the replay, at the tick."""
    page = tab.go(f"/dashboard/players/{TWO}")
    page.click("text=evidence")
    page.wait_for_url("**/matches/*#t=300")
    tab.until(READY)

    if PICTURES:
        tab.go("/")
        tab.go(f"/matches/{match_id(3)}#t=300")
        tab.until(READY)
        page.locator(".replay").screenshot(path=Path(PICTURES) / "replay.png")
    assert page.url.endswith("#t=300")
    assert page.locator("[data-part=clock]").inner_text().startswith("0:05.0")


def test_void_as_shown(tab: Tab, directory: Path) -> None:
    """What the preview shows is what comes to pass; then it is taken back."""
    page = tab.go(f"{MATCH}/void")
    shown = {
        row.get_attribute("data-player"): row.locator("td").nth(3).inner_text()
        for row in page.locator("tr[data-player]").all()
    }
    page.click("text=Void the match")
    expect(page.locator(".done")).to_contain_text("The match is void")
    with Store(directory / "tremble.db") as store:
        stands = store.read(rebuild.entries, ["duel"])
    page.click("text=Let it count again")
    page.wait_for_url(f"**{MATCH}/void")
    page.click("button.main")

    expect(page.locator(".done")).to_contain_text("counts again")
    assert shown and shown == {
        ident: f"{rating:.1f}" for (_, ident), rating in stands.items() if ident in shown
    }


def test_a_ban_by_the_form(tab: Tab) -> None:
    """Typed, seen in the list, lifted."""
    page = tab.go(f"/dashboard/players/{player_id(3)}")
    page.fill("[name=reason]", "speed hack")
    page.click("button:has-text('Ban') >> nth=0")
    chip = page.locator("h1 .chip", has_text="banned")
    expect(chip).to_be_visible()
    page.click("text=Lift the ban")

    expect(page.locator(".done")).to_contain_text("lifted")
    expect(chip).to_have_count(0)


def test_two_clicks_are_one_form(tab: Tab, directory: Path) -> None:
    """Whoever clicks twice leaves one note."""
    page = tab.go(f"/dashboard/players/{player_id(4)}")
    page.fill("[name=text]", "once")
    page.locator("text=Keep the note").dblclick()
    page.locator(".notes li").first.wait_for()
    page.reload()

    assert page.locator(".notes li p").all_inner_texts() == ["once"]


def test_times_stay_true(tab: Tab) -> None:
    """How long ago something was is said anew while the page is open."""
    browser = tab.context.browser
    assert browser is not None
    # A context of its own: its clock is made up.
    with browser.new_context(storage_state=tab.context.storage_state()) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{tab.url}/dashboard/matches", wait_until="load")
        first = page.locator("main time").first
        before = first.inner_text()
        page.clock.fast_forward("24:00:00")
        after = first.inner_text()

    number, _, rest = before.partition(" ")
    assert rest == "d ago"
    assert after == f"{int(number) + 1} d ago"


def test_public_pages_without_scripts(tab: Tab) -> None:
    """All that stands there is there, and nothing says that it would change by itself."""
    browser = tab.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for path in PUBLIC:
            page.goto(tab.url + path)
            assert page.locator("main section").count() > 0, path
            assert not page.locator("#live").is_visible(), path


def seen_in(picture: bytes) -> str:
    """Return what the one QR code in *picture* (PNG) says, to a reader that is none of ours."""
    image = pygame.image.load(io.BytesIO(picture), "picture.png")
    wide, high = image.get_size()
    pixels = memoryview(pygame.image.tobytes(image, "RGB")).cast("B", (high, wide, 3))
    [found] = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)
    return found.text


def test_an_app_reads_the_picture(tab: Tab) -> None:
    """The code for the authenticator is read off the screen, light and dark; what it says signs in."""
    browser = tab.context.browser
    assert browser is not None
    own = Tab(browser, tab.url)
    page = own.go("/dashboard/login?next=/dashboard/account")

    def sign_in(code: str = "") -> None:
        page.fill("[name=name]", "carla")
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=code]", code)
        page.click("button.main")
        page.wait_for_url("**/dashboard/account")

    sign_in()
    light = seen_in(page.screenshot())
    page.emulate_media(color_scheme="dark")
    dark = seen_in(page.screenshot())
    parts = urlsplit(light)
    [secret] = parse_qs(parts.query)["secret"]
    step = int(time.time()) // totp.STEP_S
    form = page.locator("form[action$=codes]")
    form.locator("[name=code]").fill(totp.code_at(secret, step))
    form.locator("[name=old]").fill(PASSWORD)
    form.locator("button").click()
    page.locator(".done").wait_for()
    page.click("text=Sign out")
    page.wait_for_url("**/dashboard/login")
    own.go("/dashboard/login?next=/dashboard/account")
    sign_in(totp.code_at(secret, max(step + 1, int(time.time()) // totp.STEP_S)))

    assert light == dark
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Tremble%3Acarla")
    assert own.faults == []
    own.close()
