"""Makes the pictures of the docs that show a running server: `python scripts/pictures.py [DIR]`.

A free-for-all of BOTS bots on a server of its own, until MATCHES have been recorded; then the pages of the
dashboard and the first page, on a moment at which nothing is wrong. Wants a quiet machine and the compiled
package (make build): where ticks come late all the time it gives up and says so.
"""

import json
import re
import signal
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import DESK, PHONE, Tab, chromium
from e2e.processes import Up
from playwright.sync_api import Browser

from tremble import compiled

IMAGES = Path(__file__).parents[1] / "docs" / "images"
BOTS, MATCHES = 6, 5
PATIENCE_S = 900.0
SETTINGS = (
    "server.server_name=Tremble Server",
    "server.map=arena_01",
    "server.gamemode=ffa",
    "server.max_players=8",
    "match.frag_limit=12",
    "match.warmup_s=1",
)
#: What is seen: a page, its file, size and scheme, and what must be there to be seen.
DASHBOARD = (
    ("/dashboard", "dashboard-1280-light.png", DESK, "light", ".plot canvas"),
    ("/dashboard/server", "dashboard-server-1280-dark.png", DESK, "dark", "#players tr b"),
    ("/dashboard/server", "dashboard-server-390-light.png", PHONE, "light", "#players tr b"),
)
#: Seconds that a page is open before it is taken, so that its graphs have something to show.
OPEN_S = 8


def recorded(url: str) -> int:
    """Return how many matches the record has, of the last fifty."""
    with urllib.request.urlopen(f"{url}/v1/matches?limit=50") as answer:
        return len(json.load(answer)["matches"])


def wait_until_lively(url: str) -> None:
    """Wait until MATCHES are recorded, and the next is well on its way."""
    end = time.monotonic() + PATIENCE_S
    while (found := recorded(url)) < MATCHES:
        if time.monotonic() > end:
            sys.exit(
                f"only {found} of {MATCHES} matches in {PATIENCE_S:.0f} s: is this machine busy?"
            )
        time.sleep(5)
    time.sleep(25)


def signed_in(browser: Browser, up: Up, size: tuple[int, int], scheme: str) -> Tab:
    """Return a new tab of the first operator."""
    password = re.search(r"user admin password (\S+)", up.stderr())
    assert password is not None
    tab = Tab(browser, up.url, size, scheme)
    page = tab.go("/dashboard/login")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", password[1])
    page.click("button.main")
    page.wait_for_url("**/dashboard")
    return tab


def take(tab: Tab, path: str, needs: str, file: Path) -> None:
    """Take a picture of the page at *path* once it holds *needs* and no alert."""
    end = time.monotonic() + PATIENCE_S
    page = tab.go(path)
    page.locator(needs).first.wait_for()
    page.wait_for_timeout(OPEN_S * 1000)
    while page.locator("#alerts .wrong").count():
        if time.monotonic() > end:
            why = page.locator("#alerts").inner_text()
            sys.exit(f"{path} shows no quiet moment ({why}): close what else runs here")
        page.wait_for_timeout(1000)
    page.screenshot(path=file)
    print(file, flush=True)


def main() -> None:
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    if compiled.reason is not None:
        print("warning: the package is not compiled (make build); ticks take four times as long")
    with TemporaryDirectory() as made, chromium() as browser:
        up = Up(Path(made), "--bots", str(BOTS), sets=SETTINGS)
        try:
            wait_until_lively(up.url)
            for path, name, size, scheme, needs in DASHBOARD:
                tab = signed_in(browser, up, size, scheme)
                take(tab, path, needs, into / name)
                tab.close()
            tab = Tab(browser, up.url, (1000, 900))
            take(tab, "/", ".matches li", into / "page.png")
            tab.close()
        finally:
            up.stop(signal.SIGTERM)


if __name__ == "__main__":
    main()
