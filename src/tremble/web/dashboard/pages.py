"""All routes of the dashboard."""

from typing import Any

from tremble.web.dashboard import account, live, matches, overview, shell, sign_in

HANDLERS: list[Any] = [
    *shell.HANDLERS,
    *sign_in.HANDLERS,
    *account.HANDLERS,
    *live.HANDLERS,
    *overview.HANDLERS,
    *matches.HANDLERS,
]
