"""Rating: what is believed of a player's skill, as a pure function of the matches played.

rating    the words: rating, game, entrant
glicko2   one player's rating after some games          teams     a match of teams
entrants  a whole match: who met whom, how often        forecast  how well the ratings foretell
"""

from tremble.rating.glicko2 import expected
from tremble.rating.rating import Rating

__all__ = ["Rating", "expected"]
