"""What the OpenAPI document says of replays and films."""

from typing import Any

from msgspec import json

REPLAY = "/v1/matches/{match_id}/replay"
FILM = "/v1/matches/{match_id}/film"
MATCH = "0cc175b9c0f1b6a831c399e269772661"
#: What a match says of its replay, and its telemetry.
KEPT: dict[str, Any] = {
    "digest": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "bytes": 184810,
    "url": f"/v1/matches/{MATCH}/replay",
    "film": f"/v1/matches/{MATCH}/film",
}
TELEMETRY: dict[str, Any] = {
    "version": 1,
    "tick_rate": 60,
    "players": [
        {
            "joined_tick": 0,
            "left_tick": -1,
            "waited_s": 12.5,
            "spawn": spawn,
            "ping_ms": 31,
            "loss": 0.002,
        }
        for spawn in (0, 3)
    ],
    "region": "europe",
    "cpu_s": 4.81,
    "crashes": 0,
    "weapons": ["machinegun", "railgun", "rocket_launcher"],
    "kills": [[612, 0, 1, 1, -64, 128, 24, 512, 0, 24]],
    "item_names": ["health", "armour_body"],
    "pickups": [[700, 0, 1]],
    "sample_ticks": 60,
    "samples": [[60, 0, 128, 0, 24], [60, 1, -340, 96, 24]],
    "truncated": False,
}
#: An answer to PUT of a replay, and a film of a second in which little happens.
EXAMPLES: dict[str, Any] = {
    REPLAY: {"match_id": MATCH, "bytes": 184810},
    FILM: "\n".join(
        json.encode(line).decode()
        for line in (
            {
                "match_id": MATCH,
                "mode": "duel",
                "map": "pit",
                "map_digest": "5e" * 16,
                "ticks": 9,
                "tick_rate": 60,
                "rate": 20,
            },
            {
                "to": 9,
                "tracks": [
                    {
                        "slot": 0,
                        "from": 0,
                        "player_id": "8f14e45fceea167a",
                        "name": "anna",
                        "bot": False,
                        "x": [128, 2],
                        "y": [0, 12],
                        "z": [24, 0],
                        "yaw": [64, 0],
                        "dead": [0, 1, 2],
                        "health": [0, 125],
                        "armour": [0, 0],
                        "weapon": [0, 0],
                    }
                ],
                "events": [
                    {"kind": "spawn", "tick": [4], "player": [0], "pos": [[128], [0], [33]]}
                ],
            },
        )
    ),
}
PROBLEMS: dict[str, tuple[int, ...]] = {
    REPLAY: (400, 401, 403, 404, 413, 422, 503),
    FILM: (400, 404, 503),
}
BINARY: dict[str, Any] = {"application/octet-stream": {}}


def complete(document: dict[str, Any]) -> None:
    """Describe the bodies in *document*, and who may put a replay."""
    operations = document["paths"][REPLAY]
    answers = operations["get"]["responses"]
    answers["200"]["content"] = BINARY
    answers["206"] = {"description": "The part that Range asks for", "content": BINARY}
    answers["416"] = {**answers["404"], "description": "It has no such part"}
    operations["put"]["requestBody"] = {"required": True, "content": BINARY}
    operations["put"]["security"] = [{"server": [], "signature": []}]
    operations["put"]["responses"]["200"] = {
        **operations["put"]["responses"]["201"],
        "description": "It was there already",
    }
    film = document["paths"][FILM]["get"]["responses"]["200"]["content"]
    film["application/x-ndjson"]["schema"] = {"type": "string"}
    for path in (REPLAY, FILM):
        document["paths"][path]["get"]["responses"]["304"] = {"description": "It is as you have it"}
