"""static/arena.js in Chromium: it draws the level, who is in it, and follows a player."""

from collections.abc import Iterator

import pytest
from browser import Tab, chromium
from processes_web import serving

SETUP = """async (map) => {
  const { Arena } = await import('/static/arena.js');
  const style = document.createElement('link');
  style.rel = 'stylesheet';
  style.href = '/static/arena.css';
  document.head.append(style);
  await new Promise((done) => { style.onload = done; });
  const canvas = document.createElement('canvas');
  canvas.className = 'arena';
  canvas.getContext('2d', { willReadFrequently: true });
  document.querySelector('main').replaceChildren(canvas);
  const outline = await (await fetch(`/maps/${map}.json`)).json();
  window.arena = new Arena(canvas, outline);
  window.colours = () => {
    const { width, height } = canvas;
    const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return found;
  };
  window.has = (colour) => colours().has(parseInt(colour.slice(1), 16));
}"""
PLAYER = {
    "slot": 1, "name": "anna", "x": -400, "y": 300, "z": 24, "yaw": 90, "health": 100, "armor": 50,
    "alive": True, "team": 0,
}  # fmt: skip
FRAME = {"tick": 1, "players": [PLAYER], "projectiles": [], "items": [], "events": []}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """An arena on an otherwise empty page."""
    with serving(tmp_path_factory.mktemp("arena")) as process, chromium() as browser:
        tab = Tab(browser, process.url)
        tab.go("/").evaluate(SETUP, "arena_01")
        yield tab
        assert tab.faults == []


def test_floors_are_shaded_by_height(tab: Tab) -> None:
    """The lowest and the highest floor have the colours at the ends."""
    tab.page.evaluate("arena.draw({ tick: 0, players: [], items: [] })")

    assert tab.page.evaluate("has('#ddd6cc') && has('#fbf8f4')")


def test_a_player_has_the_colour_of_its_slot(tab: Tab) -> None:
    """Drawn while here, gone when its place is null."""
    tab.page.evaluate("frame => arena.draw(frame)", FRAME)
    here = tab.page.evaluate("has(arena.colour(1))")
    tab.page.evaluate("frame => arena.draw(frame)", {**FRAME, "players": [{**PLAYER, "x": None}]})

    assert here and not tab.page.evaluate("has(arena.colour(1))")


def test_events_fade(tab: Tab) -> None:
    """A frag is seen as it happens and is gone after two seconds."""
    seen = []
    for age in (0, 2):
        frag = {"kind": "frag", "attacker": 1, "victim": 2, "pos": [0, 0, 0], "age": age}
        tab.page.evaluate("frame => arena.draw(frame)", {**FRAME, "events": [frag]})
        seen.append(tab.page.evaluate("has(arena.colours.fire)"))

    assert seen == [True, False]


def test_who_is_followed_stays_in_the_middle(tab: Tab) -> None:
    """Wherever it goes, once the picture is closer; at the edge the level stays in view."""
    tab.page.evaluate("arena.zoom = 4")
    tab.page.evaluate("frame => arena.draw(frame, { follow: 1 })", FRAME)
    view = tab.page.evaluate("arena.view()")
    tab.page.evaluate(
        "frame => arena.draw(frame, { follow: 1 })",
        {**FRAME, "players": [{**PLAYER, "x": -1030}]},
    )
    edge = tab.page.evaluate("arena.view()")
    tab.page.evaluate("arena.zoom = 1")

    assert (view["x"], view["y"]) == (-400, 300)
    assert edge["x"] > -1030


def test_pixels_of_the_screen(tab: Tab) -> None:
    """The canvas has as many pixels as its box on the screen, and follows its size."""
    size = tab.page.evaluate("[arena.canvas.width, arena.canvas.clientWidth * devicePixelRatio]")
    tab.page.set_viewport_size({"width": 500, "height": 600})
    tab.until("arena.canvas.width === Math.round(arena.canvas.clientWidth)")

    assert size[0] == pytest.approx(size[1], abs=1)


def test_dark_mode_has_its_own_colours(tab: Tab) -> None:
    """The picture changes with the theme, without being loaded again."""
    tab.page.evaluate("frame => arena.draw(frame)", FRAME)
    tab.page.emulate_media(color_scheme="dark")

    tab.until("has('#26211d') && arena.colour(1) === '#4dabf7'")
