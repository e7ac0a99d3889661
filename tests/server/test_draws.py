"""server/draws.py: numbers that are secret and come the same again."""

from tremble.server.draws import Draws


def test_the_same_secret_draws_the_same_and_never_twice() -> None:
    """Two with one secret agree on each number; no two numbers are alike; another secret is."""
    one, two, three = Draws(b"a" * 32), Draws(b"a" * 32), Draws(b"b" * 32)

    drawn = [one.match_id() for _ in range(50)]

    assert drawn == [two.match_id() for _ in range(50)]
    assert len({*drawn, three.match_id()}) == 51
    assert len(drawn[0]) == 32
