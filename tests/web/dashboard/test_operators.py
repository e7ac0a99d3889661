"""dashboard/operators.py: who may sign in, as admins change it; each act stands in the audit."""

import re

import pytest
from web.dashboard.operators import PASSWORD, Browser, add

from tremble.store import audit, staff
from tremble.store.engine import Store

PATH = "/dashboard/operators"


def acts(store: Store) -> list[tuple[str, str | None]]:
    """Return what `admin` did, the last first."""
    found = store.read(audit.pages, 9)
    return [(one.action, one.target) for one in found if one.actor == "operator:admin"]


def shown_password(text: str) -> str:
    found = re.search(r'<code class="token">([^<]+)</code>', text)
    assert found is not None
    return found[1]


def test_added_operator_must_choose_a_password(browser: Browser, store: Store) -> None:
    """The one that is shown opens nothing but the page on which another one is chosen."""
    browser.sign_in("admin")
    answer = browser.send(PATH, {"csrf": browser.csrf, "name": "anna", "role": "moderator"})
    made_up = shown_password(answer.text)
    assert made_up not in browser.get(PATH).text
    assert acts(store) == [("add-operator", "anna")]

    form = {"name": "anna", "password": made_up}
    browser.take(browser.send("/dashboard/login", form).cookies["tremble_dashboard"])
    assert browser.get("/dashboard").headers["location"] == "/dashboard/account"
    script = browser.get("/dashboard/overview.json", accept="application/json")
    assert (script.status_code, script.json()["code"]) == (403, "temporary_password")
    csrf = re.search(r'name="csrf" content="([^"]+)"', browser.get("/dashboard/account").text)
    assert csrf is not None
    change = {"csrf": csrf[1], "old": made_up, "fresh": made_up}
    assert browser.send("/dashboard/account/password", change).status_code == 400
    changed = browser.send("/dashboard/account/password", change | {"fresh": PASSWORD})
    browser.take(changed.cookies["tremble_dashboard"])
    assert browser.get("/dashboard/logs").status_code == 200


def test_each_act(browser: Browser, store: Store) -> None:
    """Each takes effect, shows, and stands in the audit; all sessions of who was changed end."""
    browser.sign_in("admin")
    page = f"{PATH}/viewer"
    csrf = {"csrf": browser.csrf}

    def signed_in() -> bool:
        store.write(staff.begin, "digest", "viewer", "::1", 1).result()
        return store.read(staff.holder, "digest", 2) is not None

    done = [
        ("role", {"role": "moderator"}, "operator-role"),
        ("disable", {}, "disable-operator"),
        ("enable", {}, "enable-operator"),
        ("sign-out", {}, "operator-sign-out"),
        ("codes", {}, "operator-totp"),
        ("remove", {"name": "viewer"}, "remove-operator"),
    ]
    for act, form, noted in done:
        assert act in ("enable", "codes") or signed_in()
        answer = browser.send(f"{page}/{act}", csrf | form)
        assert answer.status_code == 303
        assert "done" in browser.get(answer.headers["location"]).text
        assert acts(store)[0] == (noted, "viewer")
        assert store.read(staff.holder, "digest", 2) is None
    assert browser.get(page).status_code == 404


def test_disabled_operator_cannot_sign_in(browser: Browser, store: Store) -> None:
    """With the right password too, until let in again; a new password lets nobody in."""
    browser.sign_in("admin")
    page, csrf = f"{PATH}/viewer", {"csrf": browser.csrf}
    browser.send(f"{page}/disable", csrf)
    made_up = shown_password(browser.send(f"{page}/password", csrf).text)

    assert browser.sign_in("viewer", made_up).status_code == 401
    assert "disabled" in browser.get(PATH).text
    browser.send(f"{page}/enable", csrf)
    form = {"name": "viewer", "password": made_up}
    assert browser.send("/dashboard/login", form).status_code == 303


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("", {"name": "anna", "role": "king"}, 400),
        ("", {"name": "a b", "role": "viewer"}, 400),
        ("", {"name": "viewer", "role": "viewer"}, 400),
        ("/nobody/role", {"role": "viewer"}, 404),
        ("/nobody/password", {}, 404),
        ("/viewer/dance", {}, 400),
        ("/viewer/remove", {"name": "moderator"}, 400),
        ("/admin/role", {"role": "viewer"}, 409),
        ("/admin/disable", {}, 409),
        ("/admin/remove", {"name": "admin"}, 409),
    ],
)
def test_refused(
    browser: Browser, store: Store, path: str, form: dict[str, str], status: int
) -> None:
    """What makes no sense, and what an admin would do to itself, changes nothing."""
    browser.sign_in("admin")
    before = store.read(staff.every)

    assert browser.send(PATH + path, {"csrf": browser.csrf} | form).status_code == status
    assert store.read(staff.every) == before


def test_for_admins_alone(browser: Browser, store: Store) -> None:
    """Others neither see the pages nor can act; the last admin who can sign in stays."""
    browser.sign_in("moderator")
    csrf = {"csrf": browser.csrf}
    assert [browser.get(PATH + path).status_code for path in ("", "/viewer")] == [403, 403]
    assert browser.send(f"{PATH}/viewer/disable", csrf).status_code == 403

    add(store, "second", "admin")
    browser.sign_in("second")
    csrf = {"csrf": browser.csrf}
    assert browser.send(f"{PATH}/admin/disable", csrf).status_code == 303
    browser.sign_in("admin")
    assert browser.get(PATH).status_code == 200
