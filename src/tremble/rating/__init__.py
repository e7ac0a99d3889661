"""Rating: what is believed of a player's skill, as a pure function of the matches played.

glicko2   one player's rating after some games          teams     a match of teams
entrants  a whole match: who met whom, how often        forecast  how well the ratings foretell
"""

from tremble.rating.glicko2 import Rating, expected

__all__ = ["Rating", "expected"]
