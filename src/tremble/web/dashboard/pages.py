"""All routes of the dashboard."""

from typing import Any

from tremble.web.dashboard import (
    account,
    analytics,
    audit_page,
    backups,
    boards,
    foretelling,
    keys,
    listing,
    live,
    logs,
    matches,
    operators,
    overview,
    player_acts,
    player_voids,
    players,
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
    *players.HANDLERS,
    *foretelling.HANDLERS,
    *player_acts.HANDLERS,
    *player_voids.HANDLERS,
    *boards.HANDLERS,
    *listing.HANDLERS,
    *keys.HANDLERS,
    *operators.HANDLERS,
    *audit_page.HANDLERS,
    *analytics.HANDLERS,
]
