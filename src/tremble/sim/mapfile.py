"""`.map` files as TrenchBroom writes them, standard and Valve 220: text in, entities out.

  {                                                        an entity
  "classname" "worldspawn"                                 a key and its value
  {                                                        a brush
  ( x y z ) ( x y z ) ( x y z ) TEXTURE ...                a plane, by three points; the rest of the
  }                                                        line says how the texture lies
  }

Comments run from // to the end of the line.
"""

import re
from typing import Final

from tremble.errors import MapError
from tremble.sim.vector import Vec

#: Bounds on what a file may hold, so that a hostile one ends in an error, not in waiting.
MAX_TEXT: Final = 4_000_000
MAX_ENTITIES: Final = 2048
MAX_KEYS: Final = 64
MAX_PLANES_OF_BRUSH: Final = 64
MAX_PLANES: Final = 12_000
#: No number of a file may be larger; a level itself is smaller still.
MAX_NUMBER: Final = 1_000_000.0

TOKEN: Final = re.compile(r'//.*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|"')

Points = tuple[Vec, Vec, Vec]


class MapBrush:
    """A brush as written: each plane by three points, and the names of its textures."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.planes: list[Points] = []
        self.textures: list[str] = []


class MapEntity:
    """An entity as written, the *index*-th of the file, and the *line* where it begins."""

    def __init__(self, index: int, line: int) -> None:
        self.index = index
        self.line = line
        self.keys: dict[str, str] = {}
        self.brushes: list[MapBrush] = []

    @property
    def classname(self) -> str:
        return self.keys.get("classname", "no classname")


def fault(name: str, entity: MapEntity, what: str, line: int = 0) -> MapError:
    """Return the error that *what* is wrong with *entity* of the level *name*."""
    return MapError(
        f"maps/{name}.map:{line or entity.line}: entity {entity.index} "
        f"({entity.classname[:64]}): {what}"
    )


class Reader:
    """Reads one text, line by line. `entities` holds what was read so far."""

    def __init__(self, text: str, name: str) -> None:
        self.lines = text.split("\n")
        self.name = name
        self.line = 0
        self.planes = 0
        self.entities: list[MapEntity] = []
        self.entity: MapEntity | None = None
        self.brush: MapBrush | None = None

    def error(self, what: str) -> MapError:
        if self.entity is None:
            return MapError(f"maps/{self.name}.map:{self.line}: {what}")
        return fault(self.name, self.entity, what, self.line)

    def read(self) -> list[MapEntity]:
        for number, text in enumerate(self.lines):
            self.line = number + 1
            tokens = [token for token in TOKEN.findall(text) if not token.startswith("//")]
            if '"' in tokens:
                raise self.error('a string is not closed; add the missing "')
            self.read_line(tokens)
        if self.entity is not None:
            raise self.error("the file ends inside it; a } is missing")
        return self.entities

    def read_line(self, tokens: list[str]) -> None:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token == "{":
                self.open()
                at += 1
            elif token == "}":
                self.close()
                at += 1
            elif self.brush is not None:
                self.read_plane(self.brush, tokens[at:])
                return
            elif self.entity is not None:
                self.read_key(self.entity, tokens[at : at + 2])
                at += 2
            else:
                raise self.error(f"{token[:64]} stands outside of any entity; a {{ is missing")

    def open(self) -> None:
        if self.brush is not None:
            raise self.error("a { inside a brush; a } is missing before it")
        if self.entity is not None:
            self.brush = MapBrush(self.line)
            return
        if len(self.entities) >= MAX_ENTITIES:
            raise self.error(f"more than {MAX_ENTITIES} entities; remove some")
        self.entity = MapEntity(len(self.entities), self.line)

    def close(self) -> None:
        if self.entity is None:
            raise self.error("a } without its {; remove it")
        if self.brush is None:
            self.entities.append(self.entity)
            self.entity = None
            return
        if len(self.brush.planes) < 4:
            raise self.error(
                f"a brush of {len(self.brush.planes)} planes; at least 4 enclose a volume"
            )
        self.entity.brushes.append(self.brush)
        self.brush = None

    def read_key(self, entity: MapEntity, pair: list[str]) -> None:
        if len(pair) < 2 or not (pair[0].startswith('"') and pair[1].startswith('"')):
            raise self.error(
                f'{" ".join(pair)[:64]} is not a key and its value; write "key" "value"'
            )
        if len(entity.keys) >= MAX_KEYS:
            raise self.error(f"more than {MAX_KEYS} keys; remove some")
        entity.keys[unquote(pair[0])] = unquote(pair[1])

    def read_plane(self, brush: MapBrush, tokens: list[str]) -> None:
        if tokens[0] in ("patchDef2", "patchDef3", "brushDef", "brushDef3"):
            raise self.error(
                f"a {tokens[0]}; only brushes of planes are read: save as Standard or Valve format"
            )
        shape = [tokens[i] for i in (0, 4, 5, 9, 10, 14)] if len(tokens) >= 16 else []
        if shape != ["(", ")", "(", ")", "(", ")"]:
            raise self.error("a plane is ( x y z ) ( x y z ) ( x y z ) TEXTURE ...")
        self.planes += 1
        if len(brush.planes) >= MAX_PLANES_OF_BRUSH or self.planes > MAX_PLANES:
            raise self.error(
                f"map too large: over {MAX_PLANES_OF_BRUSH} planes in a brush, "
                f"or {MAX_PLANES} in all"
            )
        numbers = [self.number(token) for token in tokens[1:4] + tokens[6:9] + tokens[11:14]]
        brush.planes.append(
            (
                (numbers[0], numbers[1], numbers[2]),
                (numbers[3], numbers[4], numbers[5]),
                (numbers[6], numbers[7], numbers[8]),
            )
        )
        brush.textures.append(tokens[15])

    def number(self, token: str) -> float:
        value = parse_number(token)
        if value is None:
            raise self.error(f"{token[:64]} is not a number up to {MAX_NUMBER:.0f}")
        return value


def parse_number(token: str) -> float | None:
    """Return the number written as *token*; None if it is none, not finite, or too large."""
    try:
        value = float(token)
    except ValueError:
        return None
    return value if -MAX_NUMBER <= value <= MAX_NUMBER else None


def unquote(token: str) -> str:
    """Return what the quoted *token* says: \\" and \\\\ stand for " and \\."""
    return re.sub(r'\\(["\\])', r"\1", token[1:-1])


def parse(text: str, name: str) -> list[MapEntity]:
    """Return the entities of the file *text* of the level *name*; MapError says what is wrong."""
    if len(text) > MAX_TEXT:
        raise MapError(
            f"maps/{name}.map:1: map too large: {len(text)} characters; at most {MAX_TEXT} are read"
        )
    return Reader(text, name).read()
