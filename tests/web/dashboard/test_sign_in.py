"""Signing in and out, what a session must show, and the first operator."""

from pathlib import Path

import pytest
from web.dashboard.operators import PASSWORD, Browser

from tremble.store import audit, staff
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.web import signed_in
from tremble.web.dashboard import account, sign_in, totp
from tremble.web.dashboard.session import COOKIE
from tremble.web.passwords import HASHER

PAGES = ["/dashboard", "/dashboard/account"]


def test_who_is_not_signed_in(browser: Browser) -> None:
    """A browser is sent to the form and on from there, a script is told; neither sees anything."""
    page = browser.get("/dashboard/account?x=1")
    assert page.status_code == 303
    assert page.headers["location"] == "/dashboard/login?next=%2Fdashboard%2Faccount%3Fx%3D1"
    for path in ("/dashboard/overview.json", "/dashboard/live"):
        assert browser.get(path, accept="application/json").status_code == 401


def test_in_and_out(browser: Browser) -> None:
    """The cookie is for the server alone, and of no use after signing out."""
    answer = browser.sign_in("viewer")

    assert answer.headers["location"] == "/dashboard"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/dashboard" in cookie
    assert [browser.get(path).status_code for path in PAGES] == [200, 200]
    kept = browser.http.cookies[COOKIE]
    assert browser.send("/dashboard/logout", {"csrf": browser.csrf}).status_code == 303
    browser.take(kept)
    assert browser.get("/dashboard").status_code == 303


def test_secure_behind_https(browser: Browser) -> None:
    """Over https the cookie never travels without it."""
    form = {"name": "viewer", "password": PASSWORD}
    found = browser.http.post(
        "https://testserver.local/dashboard/login", data=form, follow_redirects=False
    )

    assert "secure" in found.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("name", "password"),
    [("viewer", "wrong"), ("nobody", PASSWORD), ("", ""), ("a" * 999, "b" * 999)],
)
def test_refused(browser: Browser, name: str, password: str) -> None:
    """Whatever is wrong, the answer is the same and no session begins."""
    answer = browser.sign_in(name, password)

    assert answer.status_code == 401
    assert sign_in.WRONG in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("still")
def test_guessing_is_slowed_down(browser: Browser) -> None:
    """After ten wrong passwords an address waits, also with the right one."""
    codes = [browser.sign_in("viewer", "wrong").status_code for _ in range(11)]

    assert codes == [401] * 10 + [429]
    assert browser.sign_in("viewer").status_code == 429
    assert browser.sign_in("admin").status_code == 303


@pytest.mark.parametrize(
    "where", ["//evil.example", "/dashboardx", "https://evil.example", "/dashboard\\x"]
)
def test_nobody_is_sent_elsewhere(browser: Browser, where: str) -> None:
    """After signing in the browser stays in the dashboard."""
    form = {"name": "viewer", "password": PASSWORD, "next": where}

    assert browser.send("/dashboard/login", form).headers["location"] == "/dashboard"


def test_csrf(browser: Browser) -> None:
    """What writes must show the token, and must not come from another site."""
    browser.sign_in("viewer")
    good = {"csrf": browser.csrf}

    assert browser.send("/dashboard/logout", {}).status_code == 403
    assert browser.send("/dashboard/logout", {"csrf": "x" + browser.csrf}).status_code == 403
    other = browser.send("/dashboard/logout", good, **{"sec-fetch-site": "cross-site"})
    assert other.status_code == 403
    origin = browser.send("/dashboard/logout", good, origin="https://evil.example")
    assert origin.status_code == 403
    form = {"name": "viewer", "password": PASSWORD}
    assert browser.send("/dashboard/login", form, origin="https://evil.example").status_code == 403
    assert (
        browser.send("/dashboard/logout", good, **{"sec-fetch-site": "same-origin"}).status_code
        == 303
    )


def test_pages_are_safe(browser: Browser) -> None:
    """Nothing inline, nothing from elsewhere, nothing kept by a browser."""
    browser.sign_in("admin")
    for path in PAGES:
        page = browser.get(path)
        assert "'unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert " style=" not in page.text and "<style" not in page.text
        assert "http" not in page.text.replace("http-equiv", "")


def test_password(browser: Browser, store: Store) -> None:
    """With the present one a new one is taken; the other sessions end."""
    browser.sign_in("viewer")
    form = {"csrf": browser.csrf, "old": PASSWORD, "fresh": "another good one"}
    path = "/dashboard/account/password"

    assert browser.send(path, {**form, "old": "wrong"}).status_code == 400
    assert browser.send(path, {**form, "fresh": "short"}).status_code == 400
    before = browser.http.cookies[COOKIE]
    answer = browser.send(path, form)
    assert answer.status_code == 200
    assert answer.cookies[COOKIE] != before
    browser.take(before)
    assert browser.get("/dashboard").status_code == 303
    browser.http.cookies.clear()
    assert browser.sign_in("viewer").status_code == 401
    assert browser.sign_in("viewer", "another good one").status_code == 303
    assert store.read(audit.pages, 1)[0].actor == "operator:viewer"


def test_codes(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a code was shown, each sign-in needs a fresh one."""
    present = signed_in.now()  # no code grows old while we are at it
    for module in (account, sign_in):
        monkeypatch.setattr(module, "now", lambda: present)
    browser.sign_in("viewer")
    page = browser.get("/dashboard/account").text
    secret = page.partition('name="secret" value="')[2].partition('"')[0]
    step = present // 1_000_000 // totp.STEP_S
    form = {"csrf": browser.csrf, "old": PASSWORD, "secret": secret}

    assert browser.send("/dashboard/account/codes", {**form, "code": "000000"}).status_code == 400
    good = {**form, "code": totp.code_at(secret, step - 1)}
    assert browser.send("/dashboard/account/codes", good).status_code == 200
    browser.http.cookies.clear()
    assert browser.sign_in("viewer").status_code == 401
    assert browser.sign_in("viewer", code=totp.code_at(secret, step - 1)).status_code == 401
    assert browser.sign_in("viewer", code=totp.code_at(secret, step)).status_code == 303


def test_first_operator(tmp_path: Path, store: Store) -> None:
    """It is made once; its password is known to nobody but who was there."""
    password = sign_in.first_operator(store)

    found = store.read(staff.find, "admin")
    assert password is not None and found is not None
    assert HASHER.verify(found.password, password)
    assert sign_in.first_operator(store) is None
    assert store.write(staff.remove, By("test", "", 1), "admin").result() == "last"
