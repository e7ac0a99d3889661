"""All routes of the dashboard."""

from typing import Any

from tremble.web.dashboard import (
    account,
    analytics,
    live,
    matches,
    overview,
    server,
    shell,
    sign_in,
)

HANDLERS: list[Any] = [
    *shell.HANDLERS,
    *sign_in.HANDLERS,
    *account.HANDLERS,
    *live.HANDLERS,
    *overview.HANDLERS,
    *server.HANDLERS,
    *matches.HANDLERS,
    *analytics.HANDLERS,
]
