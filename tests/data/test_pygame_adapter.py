"""The adapter for pygame-ce, on SDL's dummy drivers: a window nobody sees, sound nobody hears."""

import os
from collections.abc import Iterator

import pytest

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

import pygame

from tremble.data.manager import DataManager
from tremble.data.pygame_adapter import (
    PygameAudio,
    PygameControls,
    PygameGraphics,
    PygameNetwork,
    pygame_systems,
)
from tremble.data.settings import GameSystems, SettingsManager

# SDL's dummy driver draws in software, and pygame warns of that.
pytestmark = pytest.mark.filterwarnings("ignore:no fast renderer available")


@pytest.fixture
def systems() -> Iterator[GameSystems]:
    pygame.display.init()
    pygame.mixer.init()
    yield pygame_systems()
    pygame.quit()


@pytest.fixture
def settings(manager: DataManager, systems: GameSystems) -> SettingsManager:
    made = SettingsManager(manager, systems)
    made.apply_all()
    return made


def test_graphics(settings: SettingsManager, systems: GameSystems) -> None:
    """The window takes the resolution and the mode; what pygame does not know is held."""
    graphics = systems.graphics
    assert isinstance(graphics, PygameGraphics)

    settings.set("graphics.resolution", "640x480")
    settings.set("graphics.fullscreen", True)
    settings.set("graphics.vsync", False)
    settings.set("graphics.fov", 90)
    settings.set("graphics.quality", "low")

    assert pygame.display.get_surface() is graphics.surface
    assert graphics.surface.get_size() == (640, 480)
    assert graphics.surface.get_flags() & pygame.FULLSCREEN
    assert (graphics.vsync, graphics.fov, graphics.quality) == (False, 90.0, "low")


def test_one_change_keeps_the_window(settings: SettingsManager, systems: GameSystems) -> None:
    """Changing the volume does not open the window anew."""
    assert isinstance(systems.graphics, PygameGraphics)
    before = systems.graphics.surface
    settings.set("audio.master_volume", 0.25)
    settings.set("graphics.fov", 90)

    assert systems.graphics.surface is before


def test_audio(settings: SettingsManager, systems: GameSystems) -> None:
    """Master scales music and effects; each has its own volume."""
    audio = systems.audio
    assert isinstance(audio, PygameAudio)
    sound = pygame.mixer.Sound(buffer=bytes(1000))
    audio.add_sound(sound)
    settings.set("audio.sfx_volume", 0.5)
    settings.set("audio.music_volume", 1.0)
    settings.set("audio.master_volume", 0.5)

    # The mixer holds volumes in 128 steps.
    assert sound.get_volume() == pytest.approx(0.25, abs=0.01)
    assert pygame.mixer.music.get_volume() == pytest.approx(0.5, abs=0.01)


def test_controls(settings: SettingsManager, systems: GameSystems) -> None:
    """Keys become actions; the mouse turns as the player likes it."""
    controls = systems.controls
    assert isinstance(controls, PygameControls)
    settings.bind("jump", "space")
    settings.bind("forward", "w")
    settings.set("controls.mouse_sensitivity", 2.0)
    settings.set("controls.invert_y", True)
    press = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE)
    other = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_F1)

    assert controls.action_of(press) == "jump"
    assert controls.action_of(other) is None
    assert controls.turn(3.0, 5.0) == (6.0, -10.0)


def test_an_unknown_key(settings: SettingsManager) -> None:
    """A key that pygame does not know is refused, and the old bindings stay."""
    with pytest.raises(ValueError, match="unknown key"):
        settings.bind("jump", "no such key")
    assert settings.get("controls.key_bindings") == {}


def test_network(settings: SettingsManager, systems: GameSystems) -> None:
    """The network values are there for the game."""
    assert isinstance(systems.network, PygameNetwork)
    settings.set("network.max_ping", 60)
    settings.set("network.auto_reconnect", False)

    assert (systems.network.max_ping, systems.network.auto_reconnect) == (60, False)
