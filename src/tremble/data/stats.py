"""PlayerStatsManager: counts matches, awards achievements, keeps the rating; and `count`, the sums.

Accuracy is hits by shots over all matches. A match told without its shots weighs as much as an
average match whose shots are known; while none is known, each weighs the same.
"""

from math import isfinite

from blinker import Signal

from tremble.data import achievements, documents
from tremble.data.achievements import ENOUGH_SHOTS, Achievement, Facts
from tremble.data.documents import DataType, PlayerStats, Stats, Unlock, Weapon
from tremble.data.facts import BadMatch, MatchFacts, facts_of, simple_facts
from tremble.data.fields import accuracy_of
from tremble.data.manager import DataManager
from tremble.data.settings import GameSystems, apply_section
from tremble.result import MatchResult, WeaponLine

#: Matches remembered so that none is counted twice.
MAX_REMEMBERED = 64


class PlayerStatsManager:
    """The stats of the player who plays here, loaded on construction.

    Signals: `stats_updated(stats)` after each save, with the PlayerStats; `achievement_unlocked
    (achievement)` with its id, once ever, after it is safe on the disk.
    """

    def __init__(self, data_manager: DataManager, systems: GameSystems | None = None) -> None:
        self.data_manager = data_manager
        self.systems = systems or GameSystems()
        self.stats_updated = Signal("stats_updated(stats)")
        self.achievement_unlocked = Signal("achievement_unlocked(achievement)")
        self._untold: list[str] = []
        self.load_player_stats()

    def load_player_stats(self) -> None:
        """Load the stats, and apply the player's settings to the game."""
        self.current_stats: PlayerStats = self.data_manager.load_data(DataType.PLAYER_STATS)
        self.apply_stats_to_game()

    def save_player_stats(self) -> bool:
        """Save, then tell of it; if the disk refuses, all stays in memory for the next save."""
        self.current_stats.last_updated = documents.stamp(self.data_manager.clock())
        if not self.data_manager.save_data(DataType.PLAYER_STATS, self.current_stats):
            return False
        self.stats_updated.send(self, stats=self.current_stats)
        untold, self._untold = self._untold, []
        for achievement in untold:
            self.achievement_unlocked.send(self, achievement=achievement)
        return True

    @property
    def achievements(self) -> list[str]:
        """The ids earned so far, in the order they were earned."""
        return list(self.current_stats.achievements)

    def update_match_result(
        self,
        won: bool,
        kills: int,
        deaths: int,
        accuracy: float,
        *,
        shots: int = 0,
        playtime_s: float = 0.0,
    ) -> bool:
        """Count a match and save; raise BadMatch for values out of range.

        *accuracy* is that of this match, 0 to 1. Give *shots* if they are known (see the module).
        """
        return self._count(simple_facts(won, kills, deaths, accuracy, shots, playtime_s))

    def update_from_result(self, result: MatchResult, player_id: str | None = None) -> bool:
        """Count all that *result* tells of *player_id* (default: ours), once, and save.

        False if it was counted before or could not be saved. Raises BadMatch if the player was not
        in the match.
        """
        facts = facts_of(result, player_id or self.current_stats.player_id)
        if facts.match_id in self.current_stats.counted_matches:
            return False
        return self._count(facts)

    def update_rating(self, new_rating: float, new_deviation: float, new_volatility: float) -> bool:
        """Set the rating and save; raise BadMatch unless all three are sensible."""
        for name, value, low, high in (
            ("rating", new_rating, -100_000, 100_000),
            ("deviation", new_deviation, 1e-9, 1_000),
            ("volatility", new_volatility, 1e-9, 1),
        ):
            if not (isfinite(value) and low <= value <= high):
                raise BadMatch(f"{name} is {value}: {low} to {high} is allowed")
        rating = self.current_stats.rating
        rating.current, rating.deviation = float(new_rating), float(new_deviation)
        rating.volatility = float(new_volatility)
        self.check_achievements()
        return self.save_player_stats()

    def check_achievements(self, match: MatchFacts | None = None) -> list[str]:
        """Award what has been earned and was not yet; return the new ids."""
        earned = achievements.newly_earned(self._facts(match), self.current_stats.achievements)
        at = documents.stamp(self.data_manager.clock())
        for name in earned:
            match_id = match.match_id if match is not None else ""
            self.current_stats.achievements[name] = Unlock(at, match_id)
        self._untold += earned
        return earned

    def progress(self) -> list[tuple[Achievement, float]]:
        """Return every achievement with its progress, 0 to 1; 1 if it is earned."""
        facts, have = self._facts(None), self.current_stats.achievements
        return [
            (a, 1.0 if a.id in have else min(a.progress(facts), 1.0))
            for a in achievements.ACHIEVEMENTS
        ]

    def apply_stats_to_game(self) -> None:
        """Apply the player's settings to the game's systems."""
        settings = self.data_manager.load_data(DataType.SETTINGS)
        self.apply_graphics_settings(settings.graphics)
        self.apply_audio_settings(settings.audio)
        self.apply_control_settings(settings.controls)
        apply_section(self.systems, "network", settings.network)

    def apply_graphics_settings(self, graphics: documents.Graphics) -> None:
        apply_section(self.systems, "graphics", graphics)

    def apply_audio_settings(self, audio: documents.Audio) -> None:
        apply_section(self.systems, "audio", audio)

    def apply_control_settings(self, controls: documents.Controls) -> None:
        apply_section(self.systems, "controls", controls)

    def _facts(self, match: MatchFacts | None) -> Facts:
        return Facts(self.current_stats.stats, self.current_stats.rating.current, match)

    def _count(self, match: MatchFacts) -> bool:
        count(self.current_stats.stats, match)
        if match.match_id:
            remembered = [*self.current_stats.counted_matches, match.match_id]
            self.current_stats.counted_matches = remembered[-MAX_REMEMBERED:]
        self.check_achievements(match)
        return self.save_player_stats()


def count(stats: Stats, match: MatchFacts) -> None:
    """Add *match* to *stats*."""
    count_accuracy(stats, match)
    stats.matches_played += 1
    stats.wins += match.outcome == "win"
    stats.losses += match.outcome == "loss"
    stats.draws += match.outcome == "draw"
    stats.win_streak = stats.win_streak + 1 if match.won else 0
    stats.best_win_streak = max(stats.best_win_streak, stats.win_streak)
    stats.kills += match.kills
    stats.deaths += match.deaths
    stats.suicides += match.suicides
    stats.most_kills = max(stats.most_kills, match.kills)
    stats.damage_given += match.damage_given
    stats.damage_taken += match.damage_taken
    stats.most_damage = max(stats.most_damage, match.damage_given)
    stats.playtime_hours += match.playtime_s / 3600
    for name, used in match.weapons.items():
        add_weapon(stats.weapons.setdefault(name, Weapon()), used)
    for name, number in match.items.items():
        stats.items[name] = stats.items.get(name, 0) + number
    if match.map:
        stats.maps[match.map] = stats.maps.get(match.map, 0) + 1


def add_weapon(total: Weapon, used: WeaponLine) -> None:
    total.shots += used.shots
    total.hits += used.hits
    total.damage += used.damage
    total.kills += used.kills


def count_accuracy(stats: Stats, match: MatchFacts) -> None:
    """Add the shots of *match*, which is not in `matches_played` yet, and set the accuracy."""
    if stats.measured_matches == 0 and stats.unmeasured_accuracy == 0.0:
        # A file of the first sketch holds the average alone.
        stats.unmeasured_accuracy = stats.accuracy * stats.matches_played
    if match.shots or match.weapons:
        stats.measured_matches += 1
        stats.shots += match.shots
        stats.hits += match.hits
    else:
        stats.unmeasured_accuracy += match.accuracy
    if match.shots >= ENOUGH_SHOTS * 2:
        stats.best_accuracy = max(stats.best_accuracy, match.accuracy)
    stats.accuracy = accuracy_of(stats, stats.matches_played + 1)
