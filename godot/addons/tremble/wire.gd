# The wire, as docs/protocol.md has it: tables of what travels, packets to dictionaries and back.
extends RefCounted

const Bits := preload("bits.gd")

const PROTOCOL_VERSION := 1
const CONNECT_DATA := 0x80000001
const CHANNELS := 4
const CHANNEL_RELIABLE := 0
const CHANNEL_SNAPSHOT := 1
const CHANNEL_USERCMD := 2
const TICK_RATE := 60
const RING := 64
const MIN_COUNT := 3
const MAX_COUNT := 15
const NO_SLOT := 255

const BUTTON_ATTACK := 1
const BUTTON_JUMP := 2
const EV_FIRE := 4

# Messages: name, then the values with their kinds.
const MESSAGES := {
	1: ["JOIN", ["protocol", "u16"], ["key", "key"], ["flags", "u8"], ["name", "str"], ["ticket", "rest"]],
	2: ["CHAT_LINE", ["text", "str"]],
	3: ["SPECTATE", ["on", "u8"]],
	4: ["PROVE", ["proof", "key"]],
	65: ["WELCOME", ["protocol", "u16"], ["tick", "u32"], ["tick_rate", "u8"], ["player_id", "str"],
		["server_name", "str"], ["mode", "str"], ["map", "str"], ["map_digest", "str"]],
	66: ["REFUSED", ["code", "u8"], ["reason", "str"]],
	67: ["SEAT", ["slot", "u8"], ["queue", "u8"]],
	68: ["PLAYER_INFO", ["slot", "u8"], ["flags", "u8"], ["player_id", "str"], ["name", "str"]],
	69: ["PHASE_INFO", ["phase", "u8"], ["since", "u32"], ["ends", "u32"], ["frag_limit", "u16"],
		["match_id", "str"]],
	70: ["SCORES", ["lines", "scores"]],
	71: ["MATCH_OVER", ["winner", "u8"], ["ended_by", "str"], ["match_id", "str"]],
	72: ["CHAT", ["slot", "u8"], ["name", "str"], ["text", "str"]],
	73: ["MAP_CHANGE", ["tick", "u32"], ["mode", "str"], ["map", "str"], ["map_digest", "str"]],
	74: ["CHALLENGE", ["nonce", "key"], ["salt", "key"], ["rounds", "u32"]],
}

# Usercmds: name and bits; all are written in two's complement.
const USERCMD := [["forward", 8], ["side", 8], ["yaw", 16], ["pitch", 16], ["buttons", 8], ["weapon", 4]]

enum { UINT, INT, ANGLE, PLACE }

# Entities: name, kind, bits, bits of a small difference, scale.
const PLAYER := [
	["life", UINT, 2, 1, 1.0],
	["pos.x", PLACE, 17, 4, 8.0], ["pos.y", PLACE, 17, 4, 8.0], ["pos.z", PLACE, 17, 4, 8.0],
	["vel.x", INT, 13, 6, 1.0], ["vel.y", INT, 13, 6, 1.0], ["vel.z", INT, 13, 6, 1.0],
	["yaw", ANGLE, 12, 6, 1.0 / 16], ["pitch", INT, 10, 5, 1.0 / 64],
	["weapon", UINT, 4, 2, 1.0], ["on_ground", UINT, 1, 1, 1.0],
]
const OWN := [
	["life", UINT, 2, 1, 1.0],
	["pos.x", PLACE, 20, 6, 64.0], ["pos.y", PLACE, 20, 6, 64.0], ["pos.z", PLACE, 20, 6, 64.0],
	["vel.x", INT, 17, 9, 16.0], ["vel.y", INT, 17, 9, 16.0], ["vel.z", INT, 17, 9, 16.0],
	["health", INT, 10, 5, 1.0], ["armour", UINT, 8, 5, 1.0],
	["weapon", UINT, 4, 2, 1.0], ["weapons", UINT, 8, 2, 1.0],
	["ammo_machinegun", UINT, 8, 2, 1.0], ["ammo_railgun", UINT, 8, 2, 1.0],
	["ammo_rocket_launcher", UINT, 8, 2, 1.0],
	["refire", UINT, 8, 2, 1.0], ["respawn", UINT, 11, 2, 1.0],
	["on_ground", UINT, 1, 1, 1.0], ["jump_held", UINT, 1, 1, 1.0],
]
const PROJECTILE := [
	["owner", UINT, 4, 1, 1.0],
	["pos.x", PLACE, 17, 4, 8.0], ["pos.y", PLACE, 17, 4, 8.0], ["pos.z", PLACE, 17, 4, 8.0],
	["vel.x", INT, 13, 3, 1.0], ["vel.y", INT, 13, 3, 1.0], ["vel.z", INT, 13, 3, 1.0],
]
const RATE := 8738  # of the prediction, for PLAYER and PROJECTILE
const OWN_RATE := 4369

# Events: the letters of their values, and how many bits each has.
const EVENTS := {
	1: "ayp", 2: "ap", 3: "avp", 4: "avpe", 5: "abvm", 6: "abmp", 7: "abp", 8: "bp", 9: "abp", 10: "ap",
	11: "aype",
}
const EVENT_BITS := {"a": 5, "b": 7, "v": 12, "y": 16, "m": 3, "p": 14, "e": 14}


static func encode_message(id: int, values: Dictionary) -> PackedByteArray:
	var out := StreamPeerBuffer.new()
	out.put_u8(id)
	for row: Array in MESSAGES[id].slice(1):
		var value: Variant = values[row[0]]
		match row[1]:
			"u8": out.put_u8(value)
			"u16": out.put_u16(value)
			"key", "rest": out.put_data(value)
			"str":
				var text: PackedByteArray = value.to_utf8_buffer()
				out.put_u8(text.size())
				out.put_data(text)
	return out.data_array


# The message as a dictionary with its name under "message"; empty if it cannot be read or is not known.
static func decode_message(data: PackedByteArray) -> Dictionary:
	if data.is_empty() or data[0] not in MESSAGES:
		return {}
	var from := StreamPeerBuffer.new()
	from.data_array = data
	var layout: Array = MESSAGES[from.get_u8()]
	var found := {"message": layout[0]}
	for row: Array in layout.slice(1):
		found[row[0]] = _read_value(from, row[1])
		if found[row[0]] == null:
			return {}
	return found if from.get_available_bytes() == 0 else {}


# The next value of *kind*; null if the message ends before it does.
static func _read_value(from: StreamPeerBuffer, kind: String) -> Variant:
	var size: int = {"u8": 1, "u16": 2, "u32": 4, "i16": 2, "key": 16, "str": 1, "scores": 1}[kind]
	if from.get_available_bytes() < size:
		return null
	match kind:
		"u8": return from.get_u8()
		"u16": return from.get_u16()
		"u32": return from.get_u32()
		"i16": return from.get_16()
		"key": return from.get_data(16)[1]
		"str":
			var length := from.get_u8()
			return from.get_utf8_string(length) if from.get_available_bytes() >= length else null
	var lines := []
	for i in from.get_u8():
		var line := []
		for part: String in ["u8", "i16", "u16", "u16", "u16"]:
			line.append(_read_value(from, part))
		if null in line:
			return null
		lines.append({"slot": line[0], "score": line[1], "kills": line[2], "deaths": line[3], "ping": line[4]})
	return lines


# *commands*: 1 to 15 dictionaries with a tick and the values of USERCMD, newest first, ticks one apart.
static func encode_usercmds(commands: Array, newest_snapshot: int) -> PackedByteArray:
	var out := Bits.Writer.new()
	out.write(129, 8)
	out.write(newest_snapshot, 32)
	out.write(commands[0]["tick"], 32)
	out.write(commands.size(), 4)
	var before := {}
	for command: Dictionary in commands:
		var same := not before.is_empty()
		for row: Array in USERCMD:
			same = same and command[row[0]] == before[row[0]]
		if not before.is_empty():
			out.write(0 if same else 1, 1)
		if not same:
			for row: Array in USERCMD:
				var changed: bool = before.is_empty() or command[row[0]] != before[row[0]]
				if not before.is_empty():
					out.write(1 if changed else 0, 1)
				if changed:
					out.write(command[row[0]], row[1])
		before = command
	return out.data


# The snapshot as a dictionary; empty if it cannot be read or its baseline is not among *held* (by tick).
# Entities are arrays of integers in the order of their table: value() makes sense of one.
static func decode_snapshot(data: PackedByteArray, held: Dictionary) -> Dictionary:
	var bits := Bits.Reader.new(data)
	if bits.read(8) != 128:
		return {}
	var tick := bits.read(32)
	var age := bits.read(6)
	var base: Dictionary = {"own": [], "players": {}, "projectiles": {}, "items": 0}
	if age > 0:
		if tick - age not in held:
			return {}
		base = held[tick - age]
	var found := {"tick": tick, "usercmd": bits.read(16), "lead": bits.read_signed(4), "slot": NO_SLOT, "own": []}
	if bits.read(1):
		found["slot"] = bits.read(4)
		found["own"] = _read_entity(bits, OWN, base["own"], age, OWN_RATE)
	found["players"] = _read_entities(bits, 5, 4, PLAYER, base["players"], age)
	found["projectiles"] = _read_entities(bits, 7, 6, PROJECTILE, base["projectiles"], age)
	found["items"] = bits.read(64) if bits.read(1) else base["items"]
	found["events"] = []
	for i in bits.read(6):
		found["events"].append(_read_event(bits, tick))
	return found if bits.finished() else {}


static func _read_entities(
	bits: Bits.Reader, count_bits: int, number_bits: int, table: Array, base: Dictionary, age: int
) -> Dictionary:
	var found := {}
	for i in bits.read(count_bits):
		var number := bits.read(number_bits)
		found[number] = _read_entity(bits, table, base.get(number, []), age, RATE)
	return found


static func _read_entity(bits: Bits.Reader, table: Array, base: Array, age: int, rate: int) -> Array:
	var found := []
	var as_predicted := not base.is_empty() and bits.read(1) == 0
	for i in table.size():
		var row: Array = table[i]
		var signed: bool = row[1] == INT or row[1] == PLACE
		if base.is_empty():
			found.append(bits.read_signed(row[2]) if signed else bits.read(row[2]))
			continue
		var predicted: int = base[i]
		if row[1] == PLACE:
			predicted += _floor_shift(base[i + 3] * age * rate)
		if as_predicted or bits.read(1) == 0:
			found.append(predicted)
		elif bits.read(1) == 0:
			var near := predicted + bits.read_signed(row[3])
			found.append(near & ((1 << row[2]) - 1) if row[1] == ANGLE else near)
		else:
			found.append(bits.read_signed(row[2]) if signed else bits.read(row[2]))
	return found


# floor(product / 65536); GDScript shifts no negative numbers.
static func _floor_shift(product: int) -> int:
	return product >> 16 if product >= 0 else -((65535 - product) >> 16)


static func _read_event(bits: Bits.Reader, tick: int) -> Dictionary:
	var kind := bits.read(4)
	var found := {"kind": kind, "tick": tick - bits.read(6)}
	if kind not in EVENTS:
		bits.failed = true
		return found
	for letter: String in EVENTS[kind]:
		var width: int = EVENT_BITS[letter]
		match letter:
			"a", "b": found[letter] = bits.read(width) - 1
			"p", "e":
				var x := bits.read_signed(width)
				var y := bits.read_signed(width)
				found[letter] = Vector3(x, y, bits.read_signed(width))
			_: found[letter] = bits.read(width)
	return found


# The value *name* of an entity, in units, degrees of 65536, or as it is.
static func value(table: Array, entity: Array, name: String) -> float:
	for i in table.size():
		if table[i][0] == name:
			return entity[i] / table[i][4]
	return 0.0


# Where an entity is, in the units and axes of the game.
static func place(table: Array, entity: Array) -> Vector3:
	return Vector3(value(table, entity, "pos.x"), value(table, entity, "pos.y"), value(table, entity, "pos.z"))


# The same in Godot's axes: y up, -z ahead.
static func to_godot(pos: Vector3) -> Vector3:
	return Vector3(pos.x, pos.z, -pos.y)
