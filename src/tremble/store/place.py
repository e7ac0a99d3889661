"""Where a store is: a file, or the URL of a PostgreSQL database, which may hold a password."""

from urllib.parse import urlsplit

from tremble.errors import ConfigError

SCHEMES = ("postgresql", "postgres")
EXAMPLE = "postgresql://user:password@host:5432/tremble"


def is_url(place: str) -> bool:
    """Say whether *place* names a PostgreSQL database."""
    return place.partition("://")[0] in SCHEMES


def shown(url: str) -> str:
    """Return *url* for people: without a password, and without the options that may hold one.

    Raises ConfigError, which does not repeat it, for what is not such a URL.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in SCHEMES or "@" in parts.path:
        raise ConfigError(
            f"store.url must be like {EXAMPLE}, with @ : / # ? and % in the password as "
            "%40 %3A %2F %23 %3F and %25"
        )
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{parts.hostname or ''}{port}{parts.path}"
