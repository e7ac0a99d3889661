"""The achievements, as tremble.achievements has them for client and server."""

from tremble.achievements import ACHIEVEMENTS as ACHIEVEMENTS
from tremble.achievements import BY_ID as BY_ID
from tremble.achievements import ENOUGH_SHOTS as ENOUGH_SHOTS
from tremble.achievements import Achievement as Achievement
from tremble.achievements import Facts as Facts
from tremble.achievements import newly_earned as newly_earned
