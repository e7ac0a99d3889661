"""The real Chromium, as the tests of pages drive it: what it complains of, whom it asks, what axe finds."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

#: Width and height of a desk and of a phone, in CSS pixels.
DESK, PHONE = (1280, 900), (390, 844)
PATIENCE_MS = 90_000
GRAVE = ("serious", "critical")
# A busy machine is no fault of the page.
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium; without it a test fails in CI and is skipped elsewhere."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is needed in CI: apt install chromium")
        pytest.skip("no Chromium: apt install chromium")
    with sync_playwright() as driver:
        # Without a sandbox of its own: tests may run as root, where it has none.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """A page at *url*; *faults* holds what it did that no page of ours may do."""

    def __init__(
        self, browser: Browser, url: str, size: tuple[int, int] = DESK, scheme: str = "light"
    ) -> None:
        self.url = url
        self.faults: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"asked elsewhere: {request.url}")

    def go(self, path: str) -> Page:
        """Open *path* of the site, and return the page when all that it asks for has come."""
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def until(self, condition: str) -> None:
        """Wait until the JavaScript *condition* holds. (Playwright's own way is refused by our policy.)

        The page must be there: wait_for_url first, where a click leads to another one.
        """
        held = self.page.evaluate(
            f"""() => new Promise((done) => {{
              const end = performance.now() + {PATIENCE_MS};
              const look = () => {{
                if ({condition}) done(true);
                else if (performance.now() > end) done(false);
                else setTimeout(look, 20);
              }};
              look();
            }})"""
        )
        assert held, f"waited {PATIENCE_MS / 1000:.0f} s for {condition}"

    def grave(self, *rules: str) -> list[str]:
        """Return what axe finds serious on the page, and where; by *rules* alone if there are any."""
        wanted = {"runOnly": list(rules)} if rules else {}
        found = Axe().run(self.page, options={**DEFAULT_OPTIONS, **wanted}).response["violations"]
        return [
            f"{one['id']}: {node['target']}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]

    def too_wide(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def close(self) -> None:
        self.context.close()
