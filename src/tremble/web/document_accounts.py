"""What the OpenAPI document says of accounts: an example of each good answer, and the errors."""

from typing import Any

ID = "0123456789abcdef0123456789abcdef"
TOKENS = {
    "player_id": "8f14e45fceea167a",
    "access_token": f"tra_{ID}_{'A' * 43}",
    "expires_in": 900,
    "refresh_token": f"trr_{ID}_{'B' * 43}",
    "refresh_expires_in": 5_184_000,
    "token_type": "Bearer",
}
ME = {
    "player_id": TOKENS["player_id"],
    "name": "anna",
    "username": "anna",
    "created_at": "2026-01-01T12:00:00Z",
    "devices": 1,
}
FRIEND = {
    "player_id": "45c48cce2e2d7fbd",
    "username": "bert",
    "since": "2026-01-01T12:00:00Z",
}
EXPORT = {
    "account": ME,
    "former_names": [{"name": "guest", "until": "2026-01-01T12:00:00Z"}],
    "friends": [FRIEND],
    "boards": {},
    "matches": [],
    "saves": [],
}
PLAYER_EXPORT = {
    "player": {
        "player_id": TOKENS["player_id"],
        "username": "anna",
        "bot": False,
        "first_seen_at": "2026-01-01T12:00:00Z",
        "last_seen_at": "2026-01-01T12:05:00Z",
    },
    "account": {"username": "anna", "created_at": ME["created_at"]},
    "ban": None,
    **{name: EXPORT[name] for name in ("former_names", "boards", "matches", "saves")},
}
BAN: dict[str, Any] = {
    "player_id": TOKENS["player_id"],
    "banned_at": "2026-01-01T12:00:00Z",
    "until": None,
    "reason": "aimbot",
    "match_id": "0cc175b9c0f1b6a831c399e269772661",
    "tick": 7200,
}
AUDIT = {
    "entries": [
        {
            "seq": 1,
            "at": BAN["banned_at"],
            "actor": f"key:{ID}",
            "origin": "192.0.2.1",
            "action": "ban",
            "target": TOKENS["player_id"],
            "before": None,
            "after": BAN,
        }
    ],
    "next_cursor": None,
}
METRIC: dict[str, Any] = {
    "metric": "active",
    "title": "Active players",
    "meaning": "People who played on a day (dau), and on any of the 7 (wau) and 30 (mau) days.",
    "columns": ["day", "dau", "wau", "mau"],
    "telemetry": False,
}
EXAMPLES: dict[str, Any] = {
    "/v1/auth/device": TOKENS,
    "/v1/auth/register": TOKENS,
    "/v1/auth/login": TOKENS,
    "/v1/auth/refresh": TOKENS,
    "/v1/auth/logout": None,
    "/v1/auth/recover": TOKENS,
    "/v1/admin/players/{player_id}/ban": BAN,
    "/v1/admin/players/{player_id}/export": PLAYER_EXPORT,
    "/v1/admin/players/{player_id}/erase": None,
    "/v1/admin/audit": AUDIT,
    "/v1/analytics": {"metrics": [METRIC]},
    "/v1/analytics/{metric}": {
        **{name: METRIC[name] for name in ("metric", "title", "meaning", "columns")},
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-03T00:00:00Z",
        "tz": "UTC",
        "matches": 41,
        "matches_in_span": 41,
        "rows": [["2026-01-01", 12, 30, 55], ["2026-01-02", 9, 31, 55]],
    },
    "/v1/join": {
        "server_id": "c9f0f895fb98ab91",
        "ticket": "QUFB" * 60,
        "expires_in": 60,
        "address": "203.0.113.7:4433",
    },
    "/v1/admin/matches/{match_id}/fair-play": {
        "match_id": BAN["match_id"],
        "players": [
            {
                "player_id": BAN["player_id"],
                "username": "anna",
                "score": 0.91,
                "ticks": [7200, 7311],
            }
        ],
    },
    "/v1/server/record-key": {"public": "5e" * 32},
    "/v1/server/bans": {
        "changes": [
            {
                "seq": 7,
                "player_id": BAN["player_id"],
                "ban": {name: BAN[name] for name in ("banned_at", "until", "reason")},
            }
        ],
        "last": 7,
        "more": False,
        "afresh": False,
    },
    "/v1/me": ME,
    "/v1/me/login": ME,
    "/v1/me/password": None,
    "/v1/me/recovery-codes": {"codes": ["gezd-gnbv-gy3t-qojq"]},
    "/v1/me/export": EXPORT,
    "/v1/me/erase": None,
    "/v1/me/friends": {"friends": [FRIEND]},
    "/v1/me/friends/{player_id}": None,
}
PROBLEMS: dict[str, tuple[int, ...]] = {
    "/v1/auth/device": (400, 401, 403, 413, 429, 503),
    "/v1/auth/register": (400, 403, 409, 413, 429, 503),
    "/v1/auth/login": (400, 401, 403, 413, 429, 503),
    "/v1/auth/refresh": (400, 401, 403, 413, 429, 503),
    "/v1/auth/logout": (400, 401, 403, 503),
    "/v1/auth/recover": (400, 401, 403, 413, 429, 503),
    "/v1/admin/players/{player_id}/ban": (400, 401, 403, 404, 413, 503),
    "/v1/admin/players/{player_id}/export": (400, 401, 403, 404, 503),
    "/v1/admin/players/{player_id}/erase": (400, 401, 403, 404, 503),
    "/v1/analytics": (401, 403, 503),
    "/v1/analytics/{metric}": (400, 401, 403, 404, 501, 503),
    "/v1/admin/audit": (400, 401, 403, 503),
    "/v1/admin/matches/{match_id}/fair-play": (400, 401, 403, 404, 503),
    "/v1/join": (400, 401, 403, 404, 413, 429, 503),
    "/v1/server/record-key": (),
    "/v1/server/bans": (400, 401, 403, 429, 503),
    "/v1/me": (400, 401, 403, 409, 413, 503),
    "/v1/me/login": (400, 401, 403, 409, 413, 429, 503),
    "/v1/me/password": (400, 401, 403, 413, 429, 503),
    "/v1/me/recovery-codes": (400, 401, 403, 413, 429, 503),
    "/v1/me/export": (401, 403, 503),
    "/v1/me/erase": (400, 401, 403, 413, 429, 503),
    "/v1/me/friends": (401, 403, 503),
    "/v1/me/friends/{player_id}": (400, 401, 403, 404, 409, 503),
}
#: What asks for an access token, or an API key.
SIGNED_IN = {
    "/v1/auth/logout",
    "/v1/join",
    "/v1/me",
    "/v1/me/login",
    "/v1/me/password",
    "/v1/me/recovery-codes",
    "/v1/me/export",
    "/v1/me/erase",
    "/v1/me/friends",
    "/v1/me/friends/{player_id}",
    "/v1/leaderboards/{board}/me",
    "/v1/admin/players/{player_id}/ban",
    "/v1/admin/players/{player_id}/export",
    "/v1/admin/players/{player_id}/erase",
    "/v1/admin/audit",
    "/v1/analytics",
    "/v1/analytics/{metric}",
    "/v1/admin/matches/{match_id}/fair-play",
}
#: An example of each body, by method and path.
BODIES: dict[str, Any] = {
    "post /v1/auth/device": {"key": ID, "name": "anna"},
    "post /v1/auth/register": {"username": "anna", "password": "correct horse", "key": ID},
    "post /v1/auth/login": {"username": "anna", "password": "correct horse"},
    "post /v1/auth/recover": {
        "username": "anna",
        "code": "gezd-gnbv-gy3t-qojq",
        "new_password": "battery staple",
    },
    "post /v1/auth/refresh": {"refresh_token": TOKENS["refresh_token"]},
    "patch /v1/me": {"name": "anna"},
    "post /v1/me/login": {"username": "anna", "password": "correct horse"},
    "put /v1/me/password": {"password": "correct horse", "new_password": "battery staple"},
    "post /v1/me/recovery-codes": {"password": "correct horse"},
    "post /v1/me/erase": {"password": None},
    "post /v1/join": {"server_id": "5" * 16},
    "put /v1/admin/players/{player_id}/ban": {
        name: BAN[name] for name in ("reason", "until", "match_id", "tick")
    },
}
