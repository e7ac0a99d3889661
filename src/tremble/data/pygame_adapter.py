"""Settings applied to a game made with pygame-ce: the example to copy for another engine.

    settings = SettingsManager(data, pygame_systems())
    settings.apply_all()

Needs the extra: pip install tremble[pygame]. The camera reads `fov` and `quality`, the server
browser `max_ping`: pygame knows none of them, so the adapters hold them for the game.
"""

import pygame

from tremble.data.settings import GameSystems, db_to_linear


class PygameGraphics:
    """The window. A change of the mode is made at once; the game draws on `surface`."""

    def __init__(self, width: int = 1920, height: int = 1080) -> None:
        self.size = (width, height)
        self.fullscreen = False
        self.vsync = False
        self.fov = 120.0
        self.quality = "high"
        self.surface = self.open()

    def open(self) -> pygame.Surface:
        """Open the window anew in the present mode."""
        flags = pygame.FULLSCREEN if self.fullscreen else 0
        if self.fullscreen or self.vsync:
            # Keeps the resolution on a screen of another size; and vsync works only so.
            flags |= pygame.SCALED
        try:
            return pygame.display.set_mode(self.size, flags, vsync=int(self.vsync))
        except pygame.error:
            # Not every driver can do vsync; a window without is better than none.
            return pygame.display.set_mode(self.size, flags)

    def set_resolution(self, width: int, height: int) -> None:
        if (width, height) != self.size:
            self.size = (width, height)
            self.surface = self.open()

    def set_fullscreen(self, on: bool) -> None:
        if on != self.fullscreen:
            self.fullscreen = on
            self.surface = self.open()

    def set_vsync(self, on: bool) -> None:
        if on != self.vsync:
            self.vsync = on
            self.surface = self.open()

    def set_fov(self, degrees: float) -> None:
        self.fov = degrees

    def set_quality(self, quality: str) -> None:
        self.quality = quality


class PygameAudio:
    """pygame's mixer: music, and a list of sounds that are effects. Master scales both."""

    def __init__(self) -> None:
        self.volumes = {"Master": 1.0, "Music": 1.0, "SFX": 1.0}
        self.sounds: list[pygame.mixer.Sound] = []

    def add_sound(self, sound: pygame.mixer.Sound) -> None:
        """Let the volume of effects rule *sound* from now on."""
        self.sounds.append(sound)
        sound.set_volume(self.volumes["Master"] * self.volumes["SFX"])

    def set_bus_volume_db(self, bus: str, volume_db: float) -> None:
        self.volumes[bus] = db_to_linear(volume_db)
        if bus in ("Master", "Music"):
            pygame.mixer.music.set_volume(self.volumes["Master"] * self.volumes["Music"])
        if bus in ("Master", "SFX"):
            for sound in self.sounds:
                sound.set_volume(self.volumes["Master"] * self.volumes["SFX"])


class PygameControls:
    """Turns pygame's events into actions and mouse movement into turning."""

    def __init__(self) -> None:
        self.sensitivity = 1.0
        self.invert_y = False
        self.actions: dict[int, str] = {}

    def set_mouse_sensitivity(self, factor: float) -> None:
        self.sensitivity = factor

    def set_invert_y(self, on: bool) -> None:
        self.invert_y = on

    def set_key_bindings(self, bindings: dict[str, str]) -> None:
        """Bind keys by pygame's names ("w", "left shift"); raise ValueError for an unknown one."""
        self.actions = {pygame.key.key_code(key): action for action, key in bindings.items()}

    def action_of(self, event: pygame.event.Event) -> str | None:
        """Return the action that the key of *event* is bound to."""
        return self.actions.get(event.key)

    def turn(self, dx: float, dy: float) -> tuple[float, float]:
        """Return a movement of the mouse as the player wants it felt."""
        sign = -1.0 if self.invert_y else 1.0
        return dx * self.sensitivity, dy * self.sensitivity * sign


class PygameNetwork:
    """Holds what the game's server browser and connection ask for."""

    def __init__(self) -> None:
        self.max_ping = 100
        self.auto_reconnect = True

    def set_max_ping(self, max_ping: int) -> None:
        self.max_ping = max_ping

    def set_auto_reconnect(self, on: bool) -> None:
        self.auto_reconnect = on


def pygame_systems() -> GameSystems:
    """Return all four; pygame must be initialised (`pygame.init()`)."""
    return GameSystems(PygameGraphics(), PygameAudio(), PygameControls(), PygameNetwork())
