"""What the OpenAPI document says of the master list."""

from typing import Any

HEARTBEAT = "/v1/server/heartbeat"
LIST = "/v1/servers"
DETAIL = "/v1/servers/{server_id}"
LOST = "/v1/servers/lost"
BEAT = {
    "type": "heartbeat",
    "at": 1767268800000000,
    "port": 4433,
    "name": "Anna's server",
    "gamemode": "duel",
    "map": "pit",
    "players": 2,
    "bots": 0,
    "max_players": 16,
    "phase": "live",
    "protocol": 1,
    "version": "0.1.0",
    "region": "europe",
}
SERVER = {
    "server_id": "c9f0f895fb98ab91",
    "address": "203.0.113.7:4433",
    **{k: v for k, v in BEAT.items() if k not in ("type", "at", "port")},
    "password": False,
    "tags": [],
    "ping_hint": 12.5,
}
AT = "2026-01-01T12:00:00Z"
EXAMPLES: dict[str, Any] = {
    HEARTBEAT: {"state": "listed", "address": SERVER["address"], "next_s": 25.0},
    LIST: {"servers": [SERVER], "total": 1, "next": None},
    LOST: {
        "servers": [
            {
                "server_id": SERVER["server_id"],
                "name": SERVER["name"],
                "address": SERVER["address"],
                "state": "gone",
                "left_at": AT,
                "last_seen_at": AT,
            }
        ]
    },
    DETAIL: {
        "server": SERVER,
        "state": "listed",
        "first_seen_at": AT,
        "last_seen_at": AT,
        "changes": [{"at": AT, "state": "listed"}, {"at": AT, "state": "unprobed"}],
    },
}
PROBLEMS: dict[str, tuple[int, ...]] = {
    HEARTBEAT: (400, 401, 403, 409, 503),
    LIST: (400, 503),
    LOST: (503,),
    DETAIL: (400, 404, 503),
}


def complete(document: dict[str, Any]) -> None:
    """Describe the body of a heartbeat in *document*, and who may send it."""
    operation = document["paths"][HEARTBEAT]["post"]
    operation["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Heartbeat"},
                "examples": {"duel": {"value": BEAT}},
            }
        },
    }
    operation["security"] = [{"server": [], "signature": []}]
