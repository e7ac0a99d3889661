"""A game server's key, and a client that speaks to the application as servers and browsers do."""

from pathlib import Path
from typing import Any

import msgspec
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from tremble import token
from tremble.result import MatchResult

PRIVATE = bytes(range(32))
SERVER_ID = token.server_id(token.public_key(PRIVATE))


def trust(directory: Path, private: bytes = PRIVATE) -> str:
    """Let the owner of *private* post results to the record in *directory*; return its id."""
    public = token.public_key(private)
    keys = directory / "keys" / "servers"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / f"{token.server_id(public)}.pub").write_text(public.hex() + "\n")
    return token.server_id(public)


def signed(body: bytes, private: bytes = PRIVATE) -> dict[str, str]:
    """Return the headers of a request with *body*."""
    return {
        token.SERVER_HEADER: token.server_id(token.public_key(private)),
        token.SIGNATURE_HEADER: token.sign(private, body),
    }


class Client:
    """Speaks to the application as game servers and browsers do."""

    def __init__(self, http: TestClient[Litestar]) -> None:
        self.http = http

    def get(self, path: str, **headers: str) -> Response:
        return self.http.get(path, headers=headers, follow_redirects=False)

    def post(self, posted: MatchResult) -> Response:
        return self.post_body(
            msgspec.json.encode(msgspec.structs.replace(posted, server_id=SERVER_ID))
        )

    def post_document(self, document: dict[str, Any]) -> Response:
        return self.post_body(msgspec.json.encode({**document, "server_id": SERVER_ID}))

    def post_body(self, body: bytes) -> Response:
        return self.http.post("/v1/server/results", content=body, headers=signed(body))
