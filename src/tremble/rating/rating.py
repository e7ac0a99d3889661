"""What is rated: a rating, a game against one opponent, an entrant of a match.

Not compiled: mypyc leaves out the options of a struct.
"""

from msgspec import Struct

#: The deviation of a newcomer, and the greatest there is.
MAX_DEVIATION = 350.0
#: From this deviation on a rating is a guess, and is shown as one (lichess).
PROVISIONAL_DEVIATION = 110.0


class Rating(Struct, frozen=True, gc=False):
    """What is believed of a player's skill on one board."""

    rating: float = 1500.0
    deviation: float = MAX_DEVIATION
    volatility: float = 0.06

    @property
    def provisional(self) -> bool:
        return self.deviation >= PROVISIONAL_DEVIATION


class Game(Struct, frozen=True, gc=False):
    """One opponent and how it went: *score* is 1.0 won, 0.5 drawn, 0.0 lost."""

    opponent: Rating
    score: float
    weight: float = 1.0


class Entrant(Struct, frozen=True, gc=False):
    """One player of a match: *rating* after the match before, and the days since then.

    *place* starts at 1, equal places are a draw; *team* is 0 where each plays alone.
    """

    rating: Rating
    place: int
    days_away: float = 0.0
    team: int = 0
