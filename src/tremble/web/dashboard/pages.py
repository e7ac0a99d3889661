"""All routes of the dashboard."""

from typing import Any

from tremble.web.dashboard import (
    account,
    backups,
    live,
    logs,
    matches,
    overview,
    server,
    settings,
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
    *settings.HANDLERS,
    *logs.HANDLERS,
    *backups.HANDLERS,
]
