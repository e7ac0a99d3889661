"""SettingsManager: one change applies one thing; what is not allowed is refused with the range."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.data import settings as module
from tremble.data.documents import DataType
from tremble.data.manager import DataManager
from tremble.data.settings import (
    NAMES,
    BindingConflict,
    GameSystems,
    SettingError,
    SettingsManager,
    allowed,
    db_to_linear,
    linear_to_db,
)


class Recorder:
    """All four systems at once; writes down each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def settings(manager: DataManager, recorder: Recorder) -> SettingsManager:
    return SettingsManager(manager, GameSystems(recorder, recorder, recorder, recorder))


CHANGES: dict[str, tuple[object, tuple[object, ...]]] = {
    "graphics.resolution": ("1280x720", ("set_resolution", 1280, 720)),
    "graphics.fullscreen": (True, ("set_fullscreen", True)),
    "graphics.vsync": (False, ("set_vsync", False)),
    "graphics.fov": (100, ("set_fov", 100.0)),
    "graphics.quality": ("low", ("set_quality", "low")),
    "audio.master_volume": (0.1, ("set_bus_volume_db", "Master", -20.0)),
    "audio.music_volume": (0.0, ("set_bus_volume_db", "Music", -80.0)),
    "audio.sfx_volume": (0.01, ("set_bus_volume_db", "SFX", -40.0)),
    "controls.mouse_sensitivity": (2.5, ("set_mouse_sensitivity", 2.5)),
    "controls.invert_y": (True, ("set_invert_y", True)),
    "controls.key_bindings": ({"jump": "space"}, ("set_key_bindings", {"jump": "space"})),
    "network.max_ping": (80, ("set_max_ping", 80)),
    "network.auto_reconnect": (False, ("set_auto_reconnect", False)),
}


def test_every_setting_has_a_change() -> None:
    """No setting is left out below."""
    assert tuple(CHANGES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_one_change_applies_one_thing(
    settings: SettingsManager, manager: DataManager, recorder: Recorder, name: str
) -> None:
    """A change is applied alone, told to the observers, and saved."""
    heard: list[tuple[str, object, object]] = []
    settings.setting_changed.connect(
        lambda sender, name, old, new: heard.append((name, old, new)), weak=False
    )
    value, call = CHANGES[name]
    old = settings.get(name)

    settings.set(name, value)

    assert recorder.calls == [pytest.approx(call) if name.startswith("audio") else call]
    assert heard == [(name, old, value)]
    assert SettingsManager(manager).get(name) == value


def test_the_same_value_changes_nothing(settings: SettingsManager, recorder: Recorder) -> None:
    """Setting what is set already applies and saves nothing."""
    settings.set("graphics.fov", 120)

    assert recorder.calls == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("graphics.fov", 59.9, "a number from 60 to 150"),
        ("graphics.fov", math.nan, "a number from 60 to 150"),
        ("graphics.fov", math.inf, "a number from 60 to 150"),
        ("graphics.resolution", "big", "WIDTHxHEIGHT such as 1920x1080"),
        ("graphics.quality", "best", "one of high, low, medium, ultra"),
        ("graphics.vsync", 1, "true or false"),
        ("audio.master_volume", 1.01, "a number from 0 to 1"),
        ("audio.master_volume", "loud", "a number from 0 to 1"),
        ("network.max_ping", 5, "a whole number from 10 to 10000"),
        ("network.max_ping", 50.5, "a whole number from 10 to 10000"),
        ("controls.key_bindings", {"BAD": "w"}, "at most 128 actions"),
        ("controls.key_bindings", {"jump": ""}, "at most 128 actions"),
    ],
)
def test_what_is_not_allowed(
    settings: SettingsManager, recorder: Recorder, name: str, value: object, why: str
) -> None:
    """A value that is not allowed is refused with the range; nothing changes."""
    old = settings.get(name)

    with pytest.raises(SettingError, match=f"{name} = .*: allowed is {why}"):
        settings.set(name, value)
    assert settings.get(name) == old
    assert recorder.calls == []


def test_an_unknown_setting(settings: SettingsManager) -> None:
    """A wrong name is answered with the nearest right ones."""
    with pytest.raises(SettingError, match=r"did you mean audio\.master_volume"):
        settings.set("audio.mastervolume", 1)
    with pytest.raises(SettingError, match=r"graphics\.resolution or "):
        settings.get("?")


@pytest.mark.parametrize("name", NAMES)
def test_allowed(name: str) -> None:
    """Each setting can say what it allows."""
    assert allowed(name)


def test_reset(settings: SettingsManager) -> None:
    """One setting goes back to its default."""
    settings.set("graphics.fov", 90)
    settings.reset("graphics.fov")

    assert settings.get("graphics.fov") == 120.0


def test_a_system_that_fails(settings: SettingsManager, manager: DataManager) -> None:
    """If the game's system refuses, the setting stays as it was, on the disk too."""

    class Broken(Recorder):
        def set_fov(self, degrees: float) -> None:
            raise RuntimeError("no camera")

    settings.systems = GameSystems(graphics=Broken())
    with pytest.raises(RuntimeError, match="no camera"):
        settings.set("graphics.fov", 90)

    assert settings.get("graphics.fov") == 120.0
    assert manager.load_data(DataType.SETTINGS).graphics.fov == 120.0


def test_apply_all(settings: SettingsManager, recorder: Recorder) -> None:
    """At the start everything is applied, each thing once."""
    settings.apply_all()

    assert len(recorder.calls) == len(NAMES)


def test_without_systems(manager: DataManager) -> None:
    """A tool without a window changes settings all the same."""
    settings = SettingsManager(manager)
    settings.apply_all()
    settings.set("audio.master_volume", 0.5)

    assert settings.get("audio.master_volume") == 0.5


def test_bindings_conflict(settings: SettingsManager) -> None:
    """A key does one thing: a second action is refused by name, or takes it over."""
    settings.bind("jump", "space")
    settings.bind("jump", "Space ")
    with pytest.raises(BindingConflict, match="'SPACE' is bound to 'jump'") as caught:
        settings.bind("fire", "SPACE")

    assert caught.value.action == "jump"
    settings.bind("fire", "space", take_over=True)
    assert settings.get("controls.key_bindings") == {"fire": "space"}
    settings.unbind("fire")
    settings.unbind("fire")
    assert settings.get("controls.key_bindings") == {}


def test_bindings_edited_by_hand(manager: DataManager) -> None:
    """Conflicts that came with the file are found."""
    document = manager.load_data(DataType.SETTINGS)
    document.controls.key_bindings = {"jump": "space", "fire": "Space", "use": "e"}
    manager.save_data(DataType.SETTINGS, document)

    assert SettingsManager(manager).conflicts() == {"space": ["jump", "fire"]}


def test_many_changes_are_one_save(
    settings: SettingsManager, manager: DataManager, folder: Path
) -> None:
    """A dragged slider does not write a file for each step."""
    for step in range(50):
        settings.set("audio.master_volume", step / 100)
    manager.flush()

    assert len(manager.list_backups(DataType.SETTINGS)) == 2


@given(st.floats(0, 1))
def test_decibels(linear: float) -> None:
    """Decibels go back to the linear volume, down to silence."""
    assert db_to_linear(linear_to_db(linear)) == pytest.approx(linear, abs=1e-4)
    assert module.SILENT_DB <= linear_to_db(linear) <= 0.0


def test_decibels_of_note() -> None:
    """Full is 0 dB, half -6.02, silent -80."""
    found = [round(linear_to_db(volume), 2) for volume in (1.0, 0.5, 0.0)]

    assert found == [0.0, -6.02, -80.0]
    assert db_to_linear(-80.0) == 0.0
