"""Requests to the record, signed with the server's key."""

import http.client
from urllib.parse import urlsplit

from tremble import token

#: Bytes of an answer that are read: enough for any that is not an error of somebody else.
ROOM = 1024


def send(
    url: str,
    private: bytes,
    method: str,
    path: str,
    body: bytes,
    kind: str = "application/json",
    timeout: float = 5.0,
) -> tuple[int, bytes]:
    """Send *body* to *path* of the web process at *url*; return status and the start of the answer.

    Status 0 stands for no answer within *timeout* seconds, and the answer says why.
    """
    where = urlsplit(url)
    secure = where.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(where.hostname or "", where.port, timeout=timeout)
    headers = {
        "Content-Type": kind,
        token.SERVER_HEADER: token.server_id(token.public_key(private)),
        token.SIGNATURE_HEADER: token.sign(private, body),
    }
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(ROOM)
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode()
    finally:
        connection.close()
