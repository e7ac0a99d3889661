"""Settings, and how they reach the game: change one, and only that one is applied.

A game implements the small protocols below for its engine and hands them over as GameSystems;
`pygame_adapter.py` is one to copy. A setting is named as in the file: `audio.master_volume`.
"""

import difflib
import math
from typing import Any, NamedTuple, Protocol

import msgspec
from blinker import Signal

from tremble.data import codec, documents
from tremble.data.documents import DataType, Settings
from tremble.data.manager import DataManager
from tremble.errors import TrembleError

#: What silence is in decibels: a bus at -80 dB is inaudible, and minus infinity upsets mixers.
SILENT_DB = -80.0
#: The bus of each volume, as the game's first sketch names them.
BUSES = {"master_volume": "Master", "music_volume": "Music", "sfx_volume": "SFX"}


class SettingError(TrembleError, ValueError):
    """There is no such setting, or not with this value; the message says what is allowed."""


class BindingConflict(SettingError):
    """The key does something else already; `action` says what."""

    def __init__(self, key: str, action: str) -> None:
        super().__init__(f"key {key!r} is bound to {action!r}: unbind that first, or take it over")
        self.action = action


class GraphicsSystem(Protocol):
    """What shows the game. *fov* is in degrees."""

    def set_resolution(self, width: int, height: int) -> None: ...
    def set_fullscreen(self, on: bool) -> None: ...
    def set_vsync(self, on: bool) -> None: ...
    def set_fov(self, degrees: float) -> None: ...
    def set_quality(self, quality: str) -> None: ...


class AudioSystem(Protocol):
    """What plays it: buses "Master", "Music" and "SFX", in decibels (0 as recorded, -80 silent)."""

    def set_bus_volume_db(self, bus: str, volume_db: float) -> None: ...


class ControlsSystem(Protocol):
    """What is pressed and moved."""

    def set_mouse_sensitivity(self, factor: float) -> None: ...
    def set_invert_y(self, on: bool) -> None: ...
    def set_key_bindings(self, bindings: dict[str, str]) -> None: ...


class NetworkSystem(Protocol):
    """What connects. *max_ping* is in milliseconds."""

    def set_max_ping(self, max_ping: int) -> None: ...
    def set_auto_reconnect(self, on: bool) -> None: ...


class GameSystems(NamedTuple):
    """The systems that settings are applied to; None where the game has none."""

    graphics: GraphicsSystem | None = None
    audio: AudioSystem | None = None
    controls: ControlsSystem | None = None
    network: NetworkSystem | None = None


def linear_to_db(linear: float) -> float:
    """Return the decibels of a linear volume (0 to 1): 20 log10, at least SILENT_DB."""
    return max(20.0 * math.log10(linear), SILENT_DB) if linear > 0 else SILENT_DB


def db_to_linear(decibel: float) -> float:
    """Return the linear volume of *decibel*; 0 at SILENT_DB and below."""
    return 10.0 ** (decibel / 20.0) if decibel > SILENT_DB else 0.0


def apply_graphics(system: GraphicsSystem, name: str, value: Any) -> None:
    match name:
        case "resolution":
            width, height = value.split("x")
            system.set_resolution(int(width), int(height))
        case "fullscreen":
            system.set_fullscreen(value)
        case "vsync":
            system.set_vsync(value)
        case "fov":
            system.set_fov(value)
        case "quality":
            system.set_quality(value)


def apply_audio(system: AudioSystem, name: str, value: Any) -> None:
    system.set_bus_volume_db(BUSES[name], linear_to_db(value))


def apply_controls(system: ControlsSystem, name: str, value: Any) -> None:
    match name:
        case "mouse_sensitivity":
            system.set_mouse_sensitivity(value)
        case "invert_y":
            system.set_invert_y(value)
        case "key_bindings":
            system.set_key_bindings(dict(value))


def apply_network(system: NetworkSystem, name: str, value: Any) -> None:
    match name:
        case "max_ping":
            system.set_max_ping(value)
        case "auto_reconnect":
            system.set_auto_reconnect(value)


def apply_setting(systems: GameSystems, section: str, name: str, value: Any) -> None:
    """Apply one setting to the system it belongs to, if the game has that."""
    if section == "graphics" and systems.graphics is not None:
        apply_graphics(systems.graphics, name, value)
    elif section == "audio" and systems.audio is not None:
        apply_audio(systems.audio, name, value)
    elif section == "controls" and systems.controls is not None:
        apply_controls(systems.controls, name, value)
    elif section == "network" and systems.network is not None:
        apply_network(systems.network, name, value)


def apply_section(systems: GameSystems, section: str, values: msgspec.Struct) -> None:
    """Apply every setting of one section."""
    for name in values.__struct_fields__:
        apply_setting(systems, section, name, getattr(values, name))


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "graphics": documents.Graphics,
    "audio": documents.Audio,
    "controls": documents.Controls,
    "network": documents.Network,
}
NAMES = tuple(
    f"{section}.{name}" for section, cls in SECTIONS.items() for name in cls.__struct_fields__
)


def split_name(name: str) -> tuple[str, str]:
    """Return section and field of *name*; raise SettingError with the nearest names if unknown."""
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 3) or NAMES
        raise SettingError(f"there is no setting {name!r}; did you mean {' or '.join(near)}?")
    section, field = name.split(".")
    return section, field


def allowed(name: str) -> str:
    """Say in words what values the setting *name* allows."""
    section, field = split_name(name)
    rule = codec.schema(DataType.SETTINGS)["$defs"][SECTIONS[section].__name__]["properties"][field]
    if "enum" in rule:
        return "one of " + ", ".join(rule["enum"])
    if "minimum" in rule:
        kind = "a whole number" if rule["type"] == "integer" else "a number"
        return f"{kind} from {rule['minimum']:g} to {rule['maximum']:g}"
    return {
        "boolean": "true or false",
        "string": "WIDTHxHEIGHT such as 1920x1080",
        "object": "at most 128 actions (a-z 0-9 _ -), each with the name of a key",
    }[rule["type"]]


class SettingsManager:
    """The settings of the player who plays here.

    `setting_changed(name, old, new)` follows each change, after it has been applied.
    """

    def __init__(self, data_manager: DataManager, systems: GameSystems | None = None) -> None:
        self.data_manager = data_manager
        self.systems = systems or GameSystems()
        self.setting_changed = Signal("setting_changed(name, old, new)")
        self.settings: Settings = data_manager.load_data(DataType.SETTINGS)

    def apply_all(self) -> None:
        """Apply every setting, as at the start of the game."""
        for section in SECTIONS:
            apply_section(self.systems, section, getattr(self.settings, section))

    def get(self, name: str) -> Any:
        """Return the value of *name*, such as `audio.master_volume`."""
        section, field = split_name(name)
        return getattr(getattr(self.settings, section), field)

    def set(self, name: str, value: Any) -> None:
        """Change one setting: check it, apply it, save it (within a second), tell the observers.

        Raises SettingError if the value is not allowed; nothing has changed then. If the game's
        system raises, nothing has changed either.
        """
        section, field = split_name(name)
        group = getattr(self.settings, section)
        try:
            # Not by `convert` of the value alone: the limits belong to the field.
            raw = {**msgspec.to_builtins(group), field: value}
            changed = msgspec.convert(raw, SECTIONS[section])
            new = getattr(changed, field)
        except msgspec.ValidationError:
            raise SettingError(f"{name} = {value!r}: allowed is {allowed(name)}") from None
        old = getattr(group, field)
        if new == old:
            return
        apply_setting(self.systems, section, field, new)
        setattr(group, field, new)
        self.data_manager.save_later(DataType.SETTINGS, self.settings)
        self.setting_changed.send(self, name=name, old=old, new=new)

    def reset(self, name: str) -> None:
        """Set *name* to its default."""
        section, field = split_name(name)
        default = self.data_manager.get_default_data(DataType.SETTINGS)
        self.set(name, getattr(getattr(default, section), field))

    def bind(self, action: str, key: str, take_over: bool = False) -> None:
        """Bind *key* to *action*; raise BindingConflict if it does something else already.

        With *take_over* the other action loses the key instead.
        """
        bindings = dict(self.settings.controls.key_bindings)
        for other, bound in list(bindings.items()):
            if other != action and same_key(bound, key):
                if not take_over:
                    raise BindingConflict(key, other)
                del bindings[other]
        bindings[action] = key
        self.set("controls.key_bindings", bindings)

    def unbind(self, action: str) -> None:
        """Take the key from *action*, if it has one."""
        bindings = dict(self.settings.controls.key_bindings)
        bindings.pop(action, None)
        self.set("controls.key_bindings", bindings)

    def conflicts(self) -> dict[str, list[str]]:
        """Return the keys that do more than one thing, as a file edited by hand may have them."""
        actions: dict[str, list[str]] = {}
        for action, key in self.settings.controls.key_bindings.items():
            actions.setdefault(key.strip().casefold(), []).append(action)
        return {key: names for key, names in actions.items() if len(names) > 1}


def same_key(one: str, other: str) -> bool:
    """Say whether two names mean one key: case and outer spaces do not count."""
    return one.strip().casefold() == other.strip().casefold()
