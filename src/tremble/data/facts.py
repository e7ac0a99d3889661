"""What one match says about one player, as tremble.facts has it for client and server."""

from tremble.facts import BadMatch as BadMatch
from tremble.facts import MatchFacts as MatchFacts
from tremble.facts import Outcome as Outcome
from tremble.facts import facts_of as facts_of
from tremble.facts import line_of as line_of
from tremble.facts import outcome_of as outcome_of
from tremble.facts import simple_facts as simple_facts
