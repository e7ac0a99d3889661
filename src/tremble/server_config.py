"""ServerConfig: the settings of a server by the names that the game's own script has for them."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from tremble import config
from tremble.errors import ConfigError
from tremble.sections import ServerSection

#: The fields of the game's server_config.json, in its order.
FIELDS = (
    "server_name", "port", "max_players", "gamemode", "map", "password", "public", "auto_shutdown",
    "auto_restart", "max_uptime_hours", "backup_interval_minutes", "tick_rate", "max_ping",
    "packet_loss_threshold", "enable_anti_cheat", "max_connections_per_ip", "rate_limit_requests",
)  # fmt: skip


class ServerConfig:
    """One attribute for each of FIELDS. Setting one to a bad value raises ConfigError."""

    def __init__(self, **values: Any) -> None:
        defaults = ServerSection()
        for name in FIELDS:
            object.__setattr__(self, name, getattr(defaults, name))
        for name, value in values.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in FIELDS:
            raise ConfigError(f"ServerConfig has no {name}; there are {', '.join(FIELDS)}")
        object.__setattr__(
            self, name, config.checked("ServerConfig", f"server.{name}", value, True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, the password as it is."""
        return {name: getattr(self, name) for name in FIELDS}

    def save_to_file(self, file_path: str | Path) -> None:
        """Write a server_config.json, whole or not at all, readable by its owner alone.

        Raises ConfigError if it cannot be written.
        """
        path = Path(file_path)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                file.write(json.dumps(self.to_dict(), indent="\t"))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None

    def load_from_file(self, file_path: str | Path) -> bool:
        """Take the fields of a server_config.json; False if there is no such file.

        What the file does not name stays. Raises ConfigError, with nothing changed, for a bad file.
        """
        path = Path(file_path)
        try:
            data = msgspec.json.decode(path.read_bytes())
        except FileNotFoundError:
            return False
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(f"{path}: {error}") from None
        found = config.from_seed(str(path), data)
        values = {key: config.checked(str(path), key, value, True) for key, value in found.items()}
        for key, value in values.items():
            setattr(self, key.partition(".")[2], value)
        return True
