"""The viewer of replays in Chromium: it seeks, plays, follows, and each moment has an address."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from browser import PHONE, Tab, chromium
from clients import SERVER_ID, signed, trust
from processes_web import serving
from replays import GOLDEN
from results import match_id, result

from tremble.shelf import Room, Shelf

DATA = GOLDEN.read_bytes()
WHERE = f"/matches/{match_id(1)}"
READY = "document.querySelector('.replay.whole') !== null"
CLOCK = "document.querySelector('[data-part=clock]').textContent"
#: What the picture looks like, in few letters.
PICTURE = """() => {
  const data = document.querySelector('canvas').toDataURL();
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum = (sum * 31 + data.charCodeAt(i)) >>> 0;
  return sum;
}"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """The page of a match with its replay, read at tick 100."""
    directory = tmp_path_factory.mktemp("record")
    trust(directory)
    Shelf(directory / "replays", Room()).put(match_id(1), DATA)
    posted = result(1, replay=hashlib.sha256(DATA).hexdigest(), map="arena_01", server_id=SERVER_ID)
    with serving(directory) as process, chromium() as browser:
        body = msgspec.json.encode(posted)
        process.request("POST", "/v1/server/results", body, **signed(body))
        tab = Tab(browser, process.url)
        tab.go(f"{WHERE}#t=100")
        tab.until(READY)
        yield tab
        assert tab.faults == []


def seek(tab: Tab, tick: int) -> tuple[str, int]:
    """Go to *tick* by the address, as a link does; return the clock and the picture."""
    tab.page.evaluate(f"location.hash = '#t={tick}'")
    tab.until(f"document.querySelector('.replay').viewer.tick === {tick}")
    return tab.page.evaluate(CLOCK), tab.page.evaluate(PICTURE)


def film(tab: Tab) -> dict[str, Any]:
    film = "document.querySelector('.replay').viewer.film"
    return tab.page.evaluate(
        f"({{players: {film}.tracks, events: {film}.events, ticks: {film}.ticks}})"
    )


def test_a_link_leads_to_its_tick(tab: Tab) -> None:
    """The clock shows it, and the picture is that of the tick: another elsewhere, the same again."""
    first, then, again = seek(tab, 300), seek(tab, 615), seek(tab, 300)

    assert (first[0].split(" ")[0], then[0].split(" ")[0]) == ("0:05.0", "0:10.2")
    assert first == again
    assert first[1] != then[1]


def test_players_stand_where_the_film_says(tab: Tab) -> None:
    """On a frame of the film exactly, between two of them between."""
    player = film(tab)["players"][0]
    i = next(i for i in range(20, 400) if player["x"][i] is not None is not player["x"][i + 1])
    step = "document.querySelector('.replay').viewer.film.frame({}).players[0]"
    at = tab.page.evaluate(step.format((i + 1) * 3))
    between = tab.page.evaluate(step.format((i + 1) * 3 + 1.5))

    assert (at["x"], at["y"], at["z"]) == (player["x"][i], player["y"][i], player["z"][i])
    assert at["yaw"] == pytest.approx(player["yaw"][i] * 360 / 256)
    assert between["x"] == pytest.approx((player["x"][i] + player["x"][i + 1]) / 2)


def test_the_score_counts_the_frags_so_far(tab: Tab) -> None:
    """None at the start; at the end each player's own."""
    viewer = "document.querySelector('.replay').viewer"
    told = film(tab)
    scores = dict.fromkeys(range(2), 0)
    for frag in (event for event in told["events"] if event["kind"] == "frag"):
        own = frag["attacker"] in (-1, frag["victim"])
        scores[frag["victim"] if own else frag["attacker"]] += -1 if own else 1
    standing = tab.page.evaluate(f"{viewer}.film.standing({told['ticks']})")

    assert any(scores.values())
    assert {one["slot"]: one["score"] for one in standing} == scores
    assert {one["score"] for one in tab.page.evaluate(f"{viewer}.film.standing(3)")} == {0}


def test_every_frag_is_a_link(tab: Tab) -> None:
    """The list names them in order, and one that is clicked is gone to."""
    frags = [event for event in film(tab)["events"] if event["kind"] == "frag"]
    links = tab.page.locator(".happened a")
    links.last.click()
    tab.until(f"document.querySelector('.replay').viewer.tick === {frags[-1]['tick']}")

    assert links.count() == len(frags) == tab.page.locator(".marks i").count()
    assert "frags" in links.first.inner_text() or "dies" in links.first.inner_text()


def test_it_plays_and_stops(tab: Tab) -> None:
    """The space bar starts and stops it, the arrows leap, a dot is one tick."""
    seek(tab, 120)
    tab.page.select_option("[data-part=speed]", "0.25")  # so it ends long after we have looked
    tab.page.focus("canvas")
    tab.page.keyboard.press("Space")
    tab.until("document.querySelector('.replay').viewer.tick > 124")
    tab.page.keyboard.press("Space")
    stopped = tab.page.evaluate("Math.round(document.querySelector('.replay').viewer.tick)")
    address = tab.page.evaluate("location.hash")
    tab.page.keyboard.press("ArrowLeft")
    back = tab.page.evaluate("document.querySelector('.replay').viewer.tick")
    tab.page.keyboard.press(".")

    assert address == f"#t={stopped}"
    assert back == max(0, stopped - 300)
    assert tab.page.evaluate("document.querySelector('.replay').viewer.tick") == back + 1


def test_a_player_can_be_followed(tab: Tab) -> None:
    """Chosen in the list, it stays in the middle; chosen again, all is seen again."""
    seek(tab, 300)
    row = tab.page.locator(".standing button").first
    row.click()
    pressed, near = row.get_attribute("aria-pressed"), tab.page.evaluate(PICTURE)
    row.click()

    assert pressed == "true"
    assert near != tab.page.evaluate(PICTURE)
    assert row.get_attribute("aria-pressed") == "false"


def test_it_can_be_used_by_everybody(tab: Tab) -> None:
    """Axe finds nothing serious, and on a phone nothing stands out to the side."""
    desk = tab.grave()
    tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    assert (desk, tab.grave(), tab.too_wide()) == ([], [], 0)
