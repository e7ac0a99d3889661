"""Finding and reading `.map` files: those of the data directory, then those that come with Tremble."""

from pathlib import Path

from tremble.errors import ConfigError, MapError
from tremble.sim import level
from tremble.sim.level import Level

SHIPPED = Path(__file__).parent / "maps"
#: No real map of ours is near this; a longer file is not read.
MAX_BYTES = 16_000_000


def find(name: str, directory: Path) -> Path:
    """Return the file of map *name*. Raises ConfigError naming the maps there are."""
    folders = [directory / "maps", SHIPPED]
    for folder in folders:
        path = folder / f"{name}.map"
        if path.is_file() and path.parent == folder:
            return path
    known = ", ".join(names(directory))
    raise ConfigError(
        f"there is no map {name!r} (server.map); there are {known or 'none'}; "
        f"put {name}.map into {directory / 'maps'}"
    )


def names(directory: Path) -> list[str]:
    """Return the names of all maps there are, those in *directory*/maps and those shipped."""
    folders = [directory / "maps", SHIPPED]
    return sorted({path.stem for folder in folders for path in folder.glob("*.map")})


def load(name: str, directory: Path) -> Level:
    """Return the level of map *name*. Raises MapError with file, line and entity, or ConfigError."""
    path = find(name, directory)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MapError(f"{path}: longer than {MAX_BYTES} bytes; not read")
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise MapError(f"{path}: not UTF-8 text at byte {error.start}") from None
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return level.load(text, name)
    except MapError as error:
        raise MapError(str(error).replace(f"{name}.map", str(path), 1)) from None
