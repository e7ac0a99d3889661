"""Write maps/arena_01.map: `python scripts/make_arena_01.py > maps/arena_01.map`.

Seen from above, north up, 2048 units to a side; numbers are heights of the floor:

  gate |        north ledge 192        |        gate: teleporter to the south-east tower
  -----+---+-----------------+---------+        = : stairs from the ground
  ramp |===|     bridge      |         |        west ledge: ramp down north, stairs up south
  -----+   |        |        +---------+
  west |        centre 192---bridge----+ east ledge 192, ramp down north
  ledge|      (red armour 0)           |
  192  |                     +---------+
  stair|                               |
  -----+      pad         pad +--------+
  tower|                      | tower  |        south-west: mega health; south-east: railgun
  384  |                      | 320    |
"""

Point = tuple[int, int, int]


def plane(a: Point, b: Point, c: Point, texture: str) -> str:
    points = " ".join(f"( {x} {y} {z} )" for x, y, z in (a, b, c))
    return f"{points} {texture} 0 0 0 1 1"


def box_planes(low: Point, high: Point, texture: str) -> list[str]:
    """The planes west, south, below, above, north, east of a box."""
    x, y, z = low
    u, v, w = high
    return [
        plane((x, y, z), (x, y + 1, z), (x, y, z + 1), texture),
        plane((x, y, z), (x, y, z + 1), (x + 1, y, z), texture),
        plane((x, y, z), (x + 1, y, z), (x, y + 1, z), texture),
        plane((u, v, w), (u, v + 1, w), (u + 1, v, w), texture),
        plane((u, v, w), (u + 1, v, w), (u, v, w + 1), texture),
        plane((u, v, w), (u, v, w + 1), (u, v + 1, w), texture),
    ]


def brush(planes: list[str]) -> str:
    return "\n".join(["{", *planes, "}"])


def box(low: Point, high: Point, texture: str) -> str:
    return brush(box_planes(low, high, texture))


def ramp_south(low: Point, high: Point, texture: str) -> str:
    """A wedge as high as *high* at its southern end and as *low* at its northern end."""
    west, south, below, _, _, east = box_planes(low, high, texture)
    x, y, z = low
    u, v, w = high
    slope = plane((x, v, z), (u, v, z), (x, y, w), texture)
    return brush([west, south, below, slope, east])


def stairs(low: Point, high: Point, steps: int, north: bool, texture: str) -> list[str]:
    """*steps* stairs that rise from z of *low* to z of *high*, northward or southward."""
    x, y, z = low
    u, v, w = high
    depth, rise = (v - y) // steps, (w - z) // steps
    made = []
    for i in range(steps):
        near, far = (y + i * depth, v) if north else (y, v - i * depth)
        made.append(box((x, near, z + i * rise), (u, far, z + (i + 1) * rise), texture))
    return made


def entity(classname: str, brushes: list[str] | None = None, **keys: object) -> str:
    lines = [f'"classname" "{classname}"', *(f'"{k}" "{v}"' for k, v in keys.items())]
    return "\n".join(["{", *lines, *(brushes or []), "}"])


def at(classname: str, x: int, y: int, floor: int, **keys: object) -> str:
    """An entity of no extent; origins stand 24 above the floor, as the originals' do."""
    return entity(classname, origin=f"{x} {y} {floor + 24}", **keys)


def shell() -> list[str]:
    return [
        box((-1040, -1040, -16), (1040, 1040, 0), "floor/slate"),
        box((-1040, -1040, 768), (1040, 1040, 784), "sky/dusk"),
        box((-1040, -1024, 0), (-1024, 1024, 768), "wall/brick"),
        box((1024, -1024, 0), (1040, 1024, 768), "wall/brick"),
        box((-1040, -1040, 0), (1040, -1024, 768), "wall/brick"),
        box((-1040, 1024, 0), (1040, 1040, 768), "wall/brick"),
    ]


def centre() -> list[str]:
    pillars = [
        box((x, y, 0), (x + 48, y + 48, 176), "wall/pillar")
        for x in (-192, 144)
        for y in (-192, 144)
    ]
    return [
        box((-192, -192, 176), (192, 192, 192), "floor/grate"),
        *pillars,
        box((-48, 192, 176), (48, 768, 192), "floor/grate"),
        box((192, -48, 176), (768, 48, 192), "floor/grate"),
    ]


def ledges() -> list[str]:
    return [
        box((-1024, 768, 176), (1024, 1024, 192), "floor/slate"),
        box((-32, 768, 0), (32, 800, 176), "wall/pillar"),
        box((480, 768, 0), (544, 800, 176), "wall/pillar"),
        *stairs((-512, 480, 0), (-384, 768, 192), 12, True, "floor/stair"),
        box((768, -512, 176), (1024, 384, 192), "floor/slate"),
        box((768, -512, 0), (800, -480, 176), "wall/pillar"),
        box((768, 352, 0), (800, 384, 176), "wall/pillar"),
        ramp_south((896, 384, 0), (1024, 752, 192), "floor/ramp"),
        box((-1024, -640, 176), (-768, 256, 192), "floor/slate"),
        box((-800, 224, 0), (-768, 256, 176), "wall/pillar"),
        ramp_south((-1024, 256, 0), (-896, 640, 192), "floor/ramp"),
        *stairs((-1024, -640, 192), (-896, -352, 384), 12, False, "floor/stair"),
    ]


def towers_and_crates() -> list[str]:
    return [
        box((-1024, -1024, 0), (-640, -640, 384), "wall/brick"),
        box((640, -1024, 0), (1024, -640, 320), "wall/brick"),
        box((640, -656, 320), (704, -640, 352), "wall/trim"),
        box((-448, 64, 0), (-384, 128, 64), "crate/wood"),
        box((-448, 0, 0), (-384, 64, 32), "crate/wood"),
        box((352, 384, 0), (448, 480, 40), "crate/steel"),
        box((448, 384, 0), (512, 448, 80), "crate/steel"),
        box((-64, -544, 0), (64, -480, 40), "crate/wood"),
        box((320, -704, 0), (384, -576, 64), "crate/steel"),
    ]


def triggers() -> list[str]:
    return [
        entity(
            "trigger_push",
            [box((-480, -864, 0), (-416, -800, 12), "common/trigger")],
            target="sw_tower",
        ),
        at("target_position", -640, -832, 454, targetname="sw_tower"),
        entity(
            "trigger_push",
            [box((416, -864, 0), (480, -800, 12), "common/trigger")],
            target="se_tower",
        ),
        at("target_position", 640, -832, 390, targetname="se_tower"),
        entity(
            "trigger_teleport",
            [box((-1008, 944, 0), (-944, 1008, 96), "common/trigger")],
            target="gate",
        ),
        at("misc_teleporter_dest", 928, -720, 320, targetname="gate", angle=135),
    ]


def items() -> list[str]:
    return [
        at("weapon_rocketlauncher", 0, 0, 192),
        at("weapon_railgun", 832, -832, 320),
        at("item_armor_body", 0, 0, 0),
        at("item_armor_combat", 256, 896, 192),
        at("item_health_mega", -832, -832, 384),
        at("item_health_large", 896, -384, 192),
        at("item_health_large", -896, -96, 192),
        at("item_health", 600, 200, 0),
        at("item_health", 664, 200, 0),
        at("item_health", -600, -400, 0),
        at("item_health", -600, 320, 0),
        *[at("item_health_small", 0, y, 192) for y in (320, 448, 576)],
        *[at("item_health_small", x, 0, 192) for x in (416, 544)],
        *[at("item_armor_shard", x, 640, 0) for x in (-128, -64, 0, 64, 128)],
        *[at("item_armor_shard", x, -960, 0) for x in (-64, 0, 64)],
        at("ammo_rockets", 400, 432, 40),
        at("ammo_rockets", -896, 128, 192),
        at("ammo_slugs", 928, 900, 192),
        at("ammo_slugs", 0, -512, 40),
        at("ammo_bullets", -416, 96, 64),
        at("ammo_bullets", 896, 96, 192),
        at("ammo_bullets", -700, 896, 192),
    ]


def spawns() -> list[str]:
    return [
        at("info_player_deathmatch", x, y, floor, angle=angle)
        for x, y, floor, angle in (
            (-704, -448, 0, 45),
            (-640, 160, 0, 0),
            (-256, -800, 0, 90),
            (256, -864, 0, 90),
            (600, -448, 0, 135),
            (640, 560, 0, 225),
            (-192, 480, 0, 270),
            (-832, 896, 192, 0),
            (640, 896, 192, 180),
            (896, 256, 192, 180),
            (-832, -480, 192, 45),
            (928, 864, 0, 200),
        )
    ]


def arena() -> str:
    """Return the text of the level."""
    solid = shell() + centre() + ledges() + towers_and_crates()
    parts = [
        "// Game: Tremble\n// Format: Standard",
        entity("worldspawn", solid, message="Slate"),
        *triggers(),
        *items(),
        *spawns(),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    print(arena(), end="")
