"""An operator's browser, as tests use it: signed in, with the token of its forms."""

import re
from datetime import UTC, datetime

from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from tremble.store import staff
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.staff import Operator, Role
from tremble.web.dashboard.session import COOKIE

PASSWORD = "correct horse"
HASH = PasswordHasher.from_parameters(CHEAPEST).hash(PASSWORD)


def add(store: Store, name: str, role: Role) -> None:
    """Make the operator *name*, whose password is PASSWORD."""
    new = Operator(name, HASH, role, datetime.now(UTC))
    assert store.write(staff.add, By("test", "", 1), new).result()


class Browser:
    """Asks for pages, and sends forms as they stand on them."""

    def __init__(self, http: TestClient[Litestar]) -> None:
        self.http = http
        self.csrf = ""

    def get(self, path: str, **headers: str) -> Response:
        sent = {"accept": "text/html", **headers}
        return self.http.get(path, headers=sent, follow_redirects=False)

    def send(self, path: str, form: dict[str, str], **headers: str) -> Response:
        return self.http.post(path, data=form, headers=headers, follow_redirects=False)

    def take(self, secret: str) -> None:
        """Have the session of *secret* and no other."""
        self.http.cookies.clear()
        self.http.cookies.set(COOKIE, secret)

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "") -> Response:
        form = {"name": name, "password": password, "code": code, "next": "/dashboard"}
        answer = self.send("/dashboard/login", form)
        if answer.status_code == 303:
            self.take(answer.cookies[COOKIE])
            found = re.search(r'name="csrf" content="([^"]+)"', self.get("/dashboard").text)
            assert found is not None
            self.csrf = found[1]
        return answer
