"""A metric: one number, or one table of numbers, and the one query that gives it."""

from msgspec import Struct


class Metric(Struct, frozen=True):
    """*columns* are what *sql* (in the words of lake.py) gives; *telemetry*: it stands over matches with
    telemetry alone. *meaning* is for people, and says what is counted.
    """

    title: str
    meaning: str
    columns: tuple[str, ...]
    sql: str
    telemetry: bool = False
