"""Posting to a webhook: one attempt, over HTTP or HTTPS."""

import http.client
from urllib.parse import urlsplit

import tremble
from tremble.log import logger

log = logger("alerts")

#: Seconds for one attempt.
TIMEOUT = 10.0


def post(url: str, data: bytes, content_type: str = "application/json") -> tuple[int, float]:
    """Post *data*; return the status (0: no answer) and the seconds that the webhook asks to wait."""
    where = urlsplit(url)
    secure = where.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    headers = {"Content-Type": content_type, "User-Agent": f"tremble/{tremble.__version__}"}
    connection = kind(where.hostname or "", where.port, timeout=TIMEOUT)
    try:
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        answer.read(1000)
        asked = answer.headers.get("Retry-After", "")
        return answer.status, float(asked) if asked.replace(".", "", 1).isdigit() else 0.0
    except (OSError, ValueError, http.client.HTTPException) as error:
        log.debug("webhook does not answer", why=type(error).__name__)
        return 0, 0.0
    finally:
        connection.close()
