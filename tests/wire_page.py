"""Reads `docs/protocol.md`, and decodes packets with nothing but its tables and what it says of them."""

import re
from fractions import Fraction
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "protocol.md"
Row = dict[str, str]


def read_tables(text: str) -> dict[str, list[Row]]:
    """Return every table by the heading above it and its first column: "Events/kind"."""
    tables: dict[str, list[Row]] = {}
    heading = ""
    columns: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
            tables[f"{heading}/{columns[0]}"] = []
        elif set(line) - set("|-"):
            tables[f"{heading}/{columns[0]}"].append(dict(zip(columns, cells, strict=True)))
    return tables


class Bits:
    """Reads bits, lowest first."""

    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}"[::-1] for byte in data)
        self.at = 0

    def read(self, count: int, signed: bool = False) -> int:
        taken = self.text[self.at : self.at + count]
        assert len(taken) == count, "too short"
        self.at += count
        value = sum(1 << i for i, bit in enumerate(taken) if bit == "1")
        return value - (1 << count) if signed and taken[-1] == "1" else value

    @property
    def left(self) -> int:
        return len(self.text) - self.at

    def finish(self) -> None:
        rest = self.text[self.at :]
        assert len(rest) < 8 and "1" not in rest, "too long"


class Table:
    """One table of fields."""

    def __init__(self, rows: list[Row], rate: int) -> None:
        self.names = [row["name"] for row in rows]
        self.kinds = [row["kind"] for row in rows]
        self.bits = [int(row["bits"]) for row in rows]
        self.small = [int(row["small"]) for row in rows]
        self.scale = [Fraction(row["scale"]) for row in rows]
        self.rate = rate

    def full(self, bits: Bits) -> list[int]:
        return [
            bits.read(n, kind in ("INT", "PLACE"))
            for n, kind in zip(self.bits, self.kinds, strict=True)
        ]

    def prediction(self, base: list[int], i: int, age: int) -> int:
        if self.kinds[i] != "PLACE":
            return base[i]
        return base[i] + base[i + 3] * age * self.rate // 65536

    def entity(self, bits: Bits, base: list[int] | None, age: int) -> list[int]:
        if base is None:
            return self.full(bits)
        if bits.read(1) == 0:
            return [self.prediction(base, i, age) for i in range(len(base))]
        return [self.difference(bits, base, i, age) for i in range(len(base))]

    def difference(self, bits: Bits, base: list[int], i: int, age: int) -> int:
        if bits.read(1) == 0:
            return self.prediction(base, i, age)
        if bits.read(1) == 1:
            return bits.read(self.bits[i], self.kinds[i] in ("INT", "PLACE"))
        value = self.prediction(base, i, age) + bits.read(self.small[i], True)
        return value % (1 << self.bits[i]) if self.kinds[i] == "ANGLE" else value


class Page:
    """The page as a decoder. *snapshots* are those held, by tick, for one receiver."""

    def __init__(self) -> None:
        self.tables = tables = read_tables(PAGE.read_text("utf-8"))
        rates = {row["table"]: int(row["rate"]) for row in tables["Entities/table"]}
        self.fields = {
            name: Table(tables[f"{name}/name"], rates[name])
            for name in ("PLAYER", "OWN", "PROJECTILE")
        }
        self.messages = {}
        for heading in tables:
            found = re.fullmatch(r"(\d+) (\w+)/value", heading)
            if found:
                self.messages[int(found[1])] = (found[2], tables[heading])
        self.letters = {row["letter"]: int(row["bits"]) for row in tables["Events/letter"]}
        self.events = {
            int(row["kind"]): (row["name"], row["values"].split()) for row in tables["Events/kind"]
        }
        self.head = {row["value"]: row for row in tables["Snapshots/value"]}
        self.commands = {
            int(row["number"]): row["body after the 4 bytes of its head"]
            for row in tables["Transport/number"]
        }
        self.snapshots: dict[int, dict] = {}

    def packets(self, datagram: bytes) -> list[tuple[int, int, bytes]]:
        """Return channel, command and payload of every packet in an ENet *datagram*."""
        at = 4 if datagram[0] & 0x80 else 2
        found = []
        while at < len(datagram):
            number, channel = datagram[at] & 15, datagram[at + 1]
            body = self.commands[number]
            size = 4 + sum(int(n) // 8 for n in re.findall(r"\bu(8|16|32)\b", body))
            size += sum(int(n) for n in re.findall(r"\b(\d+) bytes\b", body))
            length = 0
            if body.endswith(", bytes"):
                length = int.from_bytes(datagram[at + size - 2 : at + size], "big")
                found.append((channel, number, datagram[at + size : at + size + length]))
            at += size + length
        assert at == len(datagram)
        return found

    def message(self, data: bytes) -> dict:
        """Return a message as a dict of its values and its name."""
        name, rows = self.messages[data[0]]
        found: dict = {"message": name}
        at = 1
        for row in rows:
            found[row["value"]], at = self.value(row["kind"], data, at)
        assert at == len(data)
        return found

    def value(self, kind: str, data: bytes, at: int) -> tuple[object, int]:
        if kind == "str":
            end = at + 1 + data[at]
            return data[at + 1 : end].decode(), end
        if kind == "rest":
            return data[at:], len(data)
        if kind == "scores":
            lines = []
            end = at + 1
            for _ in range(data[at]):
                line = []
                for part in ("u8", "i16", "u16", "u16", "u16"):
                    number, end = self.value(part, data, end)
                    line.append(number)
                lines.append(line)
            return lines, end
        size = next(int(r["bytes"]) for r in self.tables["Messages/kind"] if r["kind"] == kind)
        raw = data[at : at + size]
        assert len(raw) == size
        if kind == "key":
            return raw, at + size
        return int.from_bytes(raw, "little", signed=kind[0] == "i"), at + size

    def usercmds(self, data: bytes) -> tuple[int, int, list[dict]]:
        """Return the acknowledged tick, how late others are shown and the usercmds, newest first."""
        bits = Bits(data)
        head = {r["value"]: bits.read(int(r["bits"])) for r in self.tables["Usercmds/value"]}
        rows = self.tables["Usercmds/usercmd"]
        found: list[dict] = []
        for i in range(head["count"]):
            command = dict(found[-1]) if found else {}
            if not found or bits.read(1):
                for row in rows:
                    if not found or bits.read(1):
                        command[row["usercmd"]] = bits.read(
                            int(row["bits"]), row["signed"] == "yes"
                        )
            command["tick"] = head["tick"] - i
            found.append(command)
        [last] = self.tables["Usercmds/last"]
        behind = bits.read(int(last["bits"])) if bits.left >= int(last["bits"]) else 0
        bits.finish()
        return head["snapshot"], behind, found

    def snapshot(self, data: bytes) -> dict:
        """Return a snapshot as a dict, and hold it as a baseline."""
        bits = Bits(data)
        found: dict = {"own": None, "players": {}, "projectiles": {}, "events": []}

        def read(name: str) -> int:
            return bits.read(int(self.head[name]["bits"]), name == "lead")

        assert read("id") == 128
        tick, age = read("tick"), read("age")
        empty: dict = {"own": None, "players": {}, "projectiles": {}, "items": 0}
        base = self.snapshots[tick - age] if age else empty
        found |= {"tick": tick, "age": age, "usercmd": read("usercmd"), "lead": read("lead")}
        found["slot"] = -1
        if read("own"):
            found["slot"] = read("slot")
            found["own"] = self.fields["OWN"].entity(bits, base["own"], age)
        for group, table, width in (("players", "PLAYER", 4), ("projectiles", "PROJECTILE", 6)):
            for _ in range(read(group)):
                i = bits.read(width)
                found[group][i] = self.fields[table].entity(bits, base[group].get(i), age)
        found["items"] = read("items") if read("items_changed") else base["items"]
        for _ in range(read("events")):
            found["events"].append(self.event(bits, tick))
        bits.finish()
        self.snapshots[tick] = found
        return found

    def event(self, bits: Bits, tick: int) -> dict:
        kind = bits.read(4)
        found: dict = {"kind": kind, "tick": tick - bits.read(6)}
        for letter in self.events[kind][1]:
            width = self.letters[letter]
            if letter in "ab":
                found[letter] = bits.read(width) - 1
            elif letter in "pe":
                found[letter] = tuple(bits.read(width, True) for _ in range(3))
            else:
                found[letter] = bits.read(width)
        return found
