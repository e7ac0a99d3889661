"""PlayerStatsManager: each function and signal of the first sketch, and the sums."""

from pathlib import Path

import msgspec
import pytest
from data.matches import ME, OTHER, rail, result
from hypothesis import given
from hypothesis import strategies as st

from tremble.data.documents import DataType, Stats, Unlock
from tremble.data.facts import BadMatch, facts_of, simple_facts
from tremble.data.manager import DataManager
from tremble.data.settings import GameSystems
from tremble.data.stats import PlayerStatsManager, count
from tremble.result import WeaponLine

STATS = DataType.PLAYER_STATS


@pytest.fixture
def stats(manager: DataManager) -> PlayerStatsManager:
    return PlayerStatsManager(manager)


class Heard:
    """What a PlayerStatsManager told."""

    def __init__(self, stats: PlayerStatsManager) -> None:
        self.unlocked: list[str] = []
        self.updates = 0
        stats.achievement_unlocked.connect(self.on_unlocked)
        stats.stats_updated.connect(self.on_updated)

    def on_unlocked(self, sender: PlayerStatsManager, achievement: str) -> None:
        self.unlocked.append(achievement)

    def on_updated(self, sender: PlayerStatsManager, stats: object) -> None:
        assert stats is sender.current_stats
        self.updates += 1


class Graphics:
    """A graphics system that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def set_resolution(self, width: int, height: int) -> None:
        self.told.append((width, height))

    def set_fullscreen(self, on: bool) -> None:
        self.told.append(("fullscreen", on))

    def set_vsync(self, on: bool) -> None:
        self.told.append(("vsync", on))

    def set_fov(self, degrees: float) -> None:
        self.told.append(("fov", degrees))

    def set_quality(self, quality: str) -> None:
        self.told.append(quality)


class Audio:
    def __init__(self) -> None:
        self.told: dict[str, float] = {}

    def set_bus_volume_db(self, bus: str, volume_db: float) -> None:
        self.told[bus] = round(volume_db, 3)


class Controls:
    def __init__(self) -> None:
        self.told: list[object] = []

    def set_mouse_sensitivity(self, factor: float) -> None:
        self.told.append(factor)

    def set_invert_y(self, on: bool) -> None:
        self.told.append(on)

    def set_key_bindings(self, bindings: dict[str, str]) -> None:
        self.told.append(bindings)


# The functions and signals of the sketch, by their names


def test_ready(manager: DataManager) -> None:
    """A new manager is ready: stats loaded, the defaults for a new player."""
    assert PlayerStatsManager(manager).current_stats == manager.load_data(STATS)


def test_load_player_stats(manager: DataManager) -> None:
    """A new manager has the stats that are saved."""
    document = manager.load_data(STATS)
    document.stats.wins = 12
    manager.save_data(STATS, document)

    assert PlayerStatsManager(manager).current_stats.stats.wins == 12


def test_save_player_stats(stats: PlayerStatsManager, manager: DataManager) -> None:
    """A save sets the time and is on the disk."""
    before = stats.current_stats.last_updated
    stats.current_stats.username = "me"

    assert stats.save_player_stats()
    assert manager.load_data(STATS).username == "me"
    assert manager.load_data(STATS).last_updated > before


def test_update_match_result(stats: PlayerStatsManager, manager: DataManager) -> None:
    """Won and lost matches, kills and deaths add up, and are saved at once."""
    stats.update_match_result(True, 10, 5, 0.4)
    stats.update_match_result(False, 3, 10, 0.2)

    saved = manager.load_data(STATS).stats
    assert (saved.matches_played, saved.wins, saved.losses) == (2, 1, 1)
    assert (saved.kills, saved.deaths) == (13, 15)
    assert saved.accuracy == pytest.approx(0.3)


def test_update_rating(stats: PlayerStatsManager, manager: DataManager) -> None:
    """The rating is saved; a wild one is refused and changes nothing."""
    assert stats.update_rating(1612.5, 80, 0.059)
    with pytest.raises(BadMatch, match="deviation is nan: 1e-09 to 1000 is allowed"):
        stats.update_rating(1700.0, float("nan"), 0.06)

    rating = manager.load_data(STATS).rating
    assert (rating.current, rating.deviation, rating.volatility) == (1612.5, 80.0, 0.059)


def test_check_achievements(stats: PlayerStatsManager) -> None:
    """What is earned is awarded once; a first win that was missed is made good."""
    stats.current_stats.stats.wins = 2

    assert stats.check_achievements() == ["first_win"]
    assert stats.check_achievements() == []
    assert stats.achievements == ["first_win"]


def test_apply_stats_to_game(manager: DataManager) -> None:
    """Loading the stats applies graphics, audio and controls."""
    systems = GameSystems(Graphics(), Audio(), Controls())
    PlayerStatsManager(manager, systems)

    assert isinstance(systems.graphics, Graphics)
    assert isinstance(systems.controls, Controls)
    assert ("fov", 120.0) in systems.graphics.told
    assert systems.controls.told == [1.0, False, {}]


def test_apply_graphics_settings(stats: PlayerStatsManager, manager: DataManager) -> None:
    """Every graphics setting reaches the graphics system."""
    graphics = Graphics()
    stats.systems = GameSystems(graphics)
    stats.apply_graphics_settings(manager.load_data(DataType.SETTINGS).graphics)

    assert graphics.told == [
        (1920, 1080), ("fullscreen", False), ("vsync", True), ("fov", 120.0), "high",
    ]  # fmt: skip


def test_apply_audio_settings(stats: PlayerStatsManager, manager: DataManager) -> None:
    """Linear volumes reach the buses as decibels."""
    audio = Audio()
    stats.systems = GameSystems(audio=audio)
    stats.apply_audio_settings(manager.load_data(DataType.SETTINGS).audio)

    assert audio.told == {"Master": 0.0, "Music": -6.021, "SFX": 0.0}


def test_apply_control_settings(stats: PlayerStatsManager, manager: DataManager) -> None:
    """Every control setting reaches the controls."""
    controls = Controls()
    stats.systems = GameSystems(controls=controls)
    stats.apply_control_settings(manager.load_data(DataType.SETTINGS).controls)

    assert controls.told == [1.0, False, {}]


def test_stats_updated(stats: PlayerStatsManager) -> None:
    """`stats_updated` follows each save, with the stats."""
    heard = Heard(stats)
    stats.update_match_result(False, 1, 1, 0.1)
    stats.update_rating(1500, 300, 0.06)

    assert heard.updates == 2


def test_achievement_unlocked(stats: PlayerStatsManager, manager: DataManager) -> None:
    """`achievement_unlocked` tells of each once, also over a restart of the game."""
    heard = Heard(stats)
    stats.update_match_result(True, 10, 5, 0.4)
    stats.update_match_result(True, 10, 5, 0.4)
    again = PlayerStatsManager(manager)
    heard_again = Heard(again)
    again.update_match_result(True, 10, 5, 0.4)

    assert heard.unlocked == ["first_win"]
    assert heard_again.unlocked == ["hat_trick"]


# More than the sketch


def test_achievements_keep_time_and_match(stats: PlayerStatsManager, manager: DataManager) -> None:
    """An achievement is saved with the time and the match that earned it."""
    stats.update_from_result(result(7), ME)

    unlock = manager.load_data(STATS).achievements["first_win"]
    assert unlock.match_id == f"{7:032x}"
    assert unlock.unlocked_at.startswith("2026-11-22T12:00:")


def test_an_achievement_is_told_once_it_is_safe(
    stats: PlayerStatsManager, manager: DataManager, folder: Path
) -> None:
    """While the disk refuses nothing is told; with the next save it is, once."""
    heard = Heard(stats)
    (folder / "player_stats.json").unlink()
    (folder / "temp").rmdir()
    (folder / "temp").write_text("in the way")
    refused = not stats.update_match_result(True, 1, 1, 0.5)
    early = list(heard.unlocked)
    (folder / "temp").unlink()
    stats.update_match_result(False, 1, 1, 0.5)

    assert refused
    assert early == []
    assert heard.unlocked == ["first_win"]
    assert manager.load_data(STATS).stats.matches_played == 2


def test_update_from_result(stats: PlayerStatsManager, manager: DataManager) -> None:
    """A full result adds shots and hits by weapon, damage, items, playtime, streaks."""
    mine = {
        "weapons": rail(40, 10, 4),
        "items": {"mega_health": 2},
        "damage_given": 800,
        "damage_taken": 300,
        "suicides": 1,
    }
    stats.update_from_result(result(1, **mine), ME)
    stats.update_from_result(result(2, **mine), ME)
    stats.update_from_result(result(3, won=False, **mine), ME)

    saved = manager.load_data(STATS).stats
    assert msgspec.to_builtins(saved.weapons) == {
        "railgun": {"shots": 120, "hits": 30, "damage": 2400, "kills": 12}
    }
    assert (saved.shots, saved.hits, saved.accuracy) == (120, 30, 0.25)
    assert (saved.items, saved.maps) == ({"mega_health": 6}, {"arena_01": 3})
    assert (saved.damage_given, saved.damage_taken, saved.suicides) == (2400, 900, 3)
    assert saved.playtime_hours == pytest.approx(0.25)
    assert (saved.win_streak, saved.best_win_streak) == (0, 2)
    assert (saved.most_kills, saved.most_damage, saved.best_accuracy) == (10, 800, 0.25)


def test_a_result_counts_once(stats: PlayerStatsManager, manager: DataManager) -> None:
    """The same result again changes nothing, also after a restart."""
    assert stats.update_from_result(result(1), ME)
    assert not stats.update_from_result(result(1), ME)
    assert not PlayerStatsManager(manager).update_from_result(result(1), ME)
    assert manager.load_data(STATS).stats.matches_played == 1


def test_a_draw_is_no_loss(stats: PlayerStatsManager) -> None:
    """A match that nobody won is a draw."""
    stats.update_from_result(result(1, won=False, other_won=False), ME)

    counted = stats.current_stats.stats
    assert (counted.wins, counted.losses, counted.draws) == (0, 0, 1)


def test_the_player_of_the_file(stats: PlayerStatsManager) -> None:
    """Without a name the player is the one whose stats these are."""
    stats.current_stats.player_id = OTHER
    stats.update_from_result(result(1))

    assert stats.current_stats.stats.losses == 1


def test_a_stranger_is_refused(stats: PlayerStatsManager) -> None:
    """A result without the player is an error that names both."""
    with pytest.raises(BadMatch, match=r"player 'nobody' did not play match 0+1"):
        stats.update_from_result(result(1), "nobody")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((True, -1, 0, 0.5), "kills is -1"),
        ((True, 1, -2, 0.5), "deaths is -2"),
        ((True, 1, 0, 1.5), "accuracy is 1.5: 0.0 to 1.0"),
        ((True, 1, 0, float("nan")), "accuracy is nan"),
    ],
)
def test_wild_values_are_refused(
    stats: PlayerStatsManager, arguments: tuple[bool, int, int, float], why: str
) -> None:
    """A value out of range is refused by name, and the stats stay as they were."""
    with pytest.raises(BadMatch, match=why):
        stats.update_match_result(*arguments)
    assert stats.current_stats.stats.matches_played == 0


def test_wild_times_and_shots_are_refused(stats: PlayerStatsManager) -> None:
    """So are the optional ones."""
    with pytest.raises(BadMatch, match="playtime_s is inf"):
        stats.update_match_result(True, 1, 1, 0.5, playtime_s=float("inf"))
    with pytest.raises(BadMatch, match="shots is -1"):
        stats.update_match_result(True, 1, 1, 0.5, shots=-1)


def test_accuracy_is_by_shots(stats: PlayerStatsManager) -> None:
    """A match of 90 shots weighs nine times one of 10."""
    stats.update_match_result(True, 1, 1, 1.0, shots=10)
    stats.update_match_result(True, 1, 1, 0.0, shots=90)

    assert stats.current_stats.stats.accuracy == pytest.approx(0.1)


def test_accuracy_of_the_sketch_is_kept(stats: PlayerStatsManager) -> None:
    """The average that the sketch left goes on: its matches weigh as much as average ones."""
    old = stats.current_stats.stats
    old.matches_played, old.accuracy = 3, 0.2
    stats.update_match_result(True, 1, 1, 0.6, shots=50)

    assert stats.current_stats.stats.accuracy == pytest.approx((3 * 0.2 + 0.6) / 4)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 200)), min_size=1, max_size=20))
def test_accuracy_stays_a_share(matches: list[tuple[float, int]]) -> None:
    """Whatever is counted, accuracy lies between the worst and the best match."""
    stats = Stats(0, 0, 0, 0, 0, 0.0, 0.0)
    seen = []
    for accuracy, shots in matches:
        facts = simple_facts(True, 0, 0, accuracy, shots, 0.0)
        count(stats, facts)
        seen.append(facts.hits / shots if shots else accuracy)

    assert min(seen) - 1e-9 <= stats.accuracy <= max(seen) + 1e-9


def test_more_hits_than_shots(stats: PlayerStatsManager) -> None:
    """A rocket that hits two counts as a hit of its one shot in the accuracy."""
    weapons = {"rocket_launcher": WeaponLine(shots=10, hits=15)}
    stats.update_from_result(result(1, weapons=weapons), ME)

    assert stats.current_stats.stats.accuracy == 1.0
    assert stats.current_stats.stats.weapons["rocket_launcher"].hits == 15


def test_progress(stats: PlayerStatsManager) -> None:
    """Progress is a share of the goal, 1 for what is earned."""
    stats.update_match_result(True, 25, 0, 0.5)
    progress = {achievement.id: share for achievement, share in stats.progress()}

    assert progress["first_win"] == 1.0
    assert progress["veteran"] == pytest.approx(0.1)
    assert progress["century"] == pytest.approx(0.25)


def test_unlocks_of_another_release_stay(stats: PlayerStatsManager, manager: DataManager) -> None:
    """An achievement that this table does not know is kept."""
    stats.current_stats.achievements["of_old"] = Unlock("2020-01-01T00:00:00Z")
    stats.update_match_result(True, 1, 1, 0.5)

    assert "of_old" in manager.load_data(STATS).achievements


def test_memory_of_matches_is_bounded(stats: PlayerStatsManager) -> None:
    """The newest 64 matches are remembered."""
    for number in range(70):
        count_one = facts_of(result(number), ME)
        stats.current_stats.counted_matches.append(count_one.match_id)
    stats.current_stats.counted_matches = stats.current_stats.counted_matches[-64:]
    stats.update_from_result(result(100), ME)

    assert len(stats.current_stats.counted_matches) == 64
    assert stats.current_stats.counted_matches[-1] == f"{100:032x}"
