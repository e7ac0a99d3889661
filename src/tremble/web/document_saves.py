"""What the OpenAPI document says of saves: an example of each good answer, and the errors."""

from typing import Any

from tremble.web.api_saves import DEVICE_HEADER, KEY_HEADER

DEVICE = "0123456789abcdef0123456789abcdef"
INFO = {
    "type": "player_stats",
    "version": 7,
    "saved_at": "2026-01-01T12:00:00Z",
    "device": DEVICE,
}
SAVE: dict[str, Any] = {
    "type": "player_stats",
    "clock": [1767268800000, 1],
    "sums": {"stats/kills": {DEVICE: 15.0}},
    "maxima": {"stats/most_kills": 15.0},
    "earliest": {"first_blood": ["2026-01-01T12:00:00Z", "0cc175b9c0f1b6a831c399e269772661"]},
    "registers": {"username": [[1767268800000, 0, DEVICE], "anna"]},
    "tips": {DEVICE: [1, ["89abcdef01234567"]]},
}
STORED = {**INFO, "save": SAVE}
EXAMPLES: dict[str, Any] = {
    "/v1/saves": {"saves": [INFO]},
    "/v1/saves/{kind}": STORED,
    "/v1/saves/{kind}/history": {"saves": [INFO]},
    "/v1/saves/{kind}/history/{version}": STORED,
    "/v1/saves/{kind}/restore": STORED,
}
PROBLEMS: dict[str, tuple[int, ...]] = {
    "/v1/saves": (401, 503),
    "/v1/saves/{kind}": (400, 401, 404, 409, 412, 413, 422, 503),
    "/v1/saves/{kind}/history": (400, 401, 503),
    "/v1/saves/{kind}/history/{version}": (400, 401, 404, 503),
    "/v1/saves/{kind}/restore": (400, 401, 404, 409, 413, 503),
}
HEADERS = (
    (DEVICE_HEADER, True, "The device that uploads: 32 hex digits", "^[0-9a-f]{32}$"),
    (
        KEY_HEADER,
        True,
        "Random for each upload, the same when it is repeated",
        "^[A-Za-z0-9_-]{16,64}$",
    ),
    ("If-Match", False, 'The version to add to, such as `"7"`', '^"[1-9][0-9]{0,15}"$'),
    ("If-None-Match", False, "`*` begins a save", r"^\*$"),
)


def complete(document: dict[str, Any]) -> None:
    """Describe body and headers of an upload in *document*, and who may ask."""
    upload = document["paths"]["/v1/saves/{kind}"]["put"]
    upload["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Save"},
                "examples": {"stats": {"value": SAVE}},
            }
        },
    }
    upload.setdefault("parameters", []).extend(
        {
            "name": name,
            "in": "header",
            "required": required,
            "description": description,
            "schema": {"type": "string", "pattern": pattern},
        }
        for name, required, description, pattern in HEADERS
    )
    for path in EXAMPLES:
        for operation in document["paths"][path].values():
            operation["security"] = [{"bearer": []}]
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer"}
