# A client without a screen: joins, walks in circles, shoots, and tells what it sees, one JSON object a line.
#
#	godot --headless --path godot -s headless.gd -- HOST PORT SECONDS [name=NAME] [protocol=N] [password=TEXT] [from=ADDRESS]
#
# Status: 0 played to the end; 2 refused or put out; 3 no connection.
extends SceneTree

const Client := preload("res://addons/tremble/client.gd")
const Wire := preload("res://addons/tremble/wire.gd")

const LEAP := 50.0  # units in a snapshot that nobody walks: a respawn or a teleporter
const STATUS_REFUSED := 2
const STATUS_NO_CONNECTION := 3

var client := Client.new()
var events_to := 0  # newest tick of which an event was taken
var ticks := 0

var ends := 0
var next_usercmd := 0
var next_status := 0

var fired := 0  # FIRE events of our own
var others := {}  # how often each other slot was seen
var here := Vector3.INF
var walked := 0.0  # units


func tell(event: String, what: Dictionary = {}) -> void:
	print("> " + JSON.stringify({"event": event}.merged(what)))


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	if args.size() < 3:
		printerr("usage: godot --headless --path godot -s headless.gd -- HOST PORT SECONDS [name=NAME] ...")
		quit(1)
		return
	var given := {"name": "godot", "protocol": str(Wire.PROTOCOL_VERSION), "password": "", "from": ""}
	for word: String in args.slice(3):
		given[word.get_slice("=", 0)] = word.get_slice("=", 1)
	ends = Time.get_ticks_usec() + int(float(args[2]) * 1e6)
	Engine.max_fps = 120  # twice a tick: a headless engine would otherwise run as fast as it can
	client.protocol = int(given["protocol"])
	client.password = given["password"]
	client.told.connect(hear)
	client.seen.connect(look_around)
	client.refused.connect(func(code, reason): tell("no", {"code": code, "reason": reason}))
	client.left.connect(func(code):
		tell("disconnected", {"code": code})
		quit(STATUS_REFUSED))
	client.join(args[0], int(args[1]), given["name"], Crypto.new().generate_random_bytes(16), given["from"])


func _process(_delta: float) -> bool:
	var now := Time.get_ticks_usec()
	client.poll()
	if now > ends:
		finish()
		return true
	if client.joined and now >= next_usercmd:
		next_usercmd = maxi(next_usercmd + 1000000 / Wire.TICK_RATE, now - 100000)
		walk()
	if client.joined and now >= next_status:
		next_status = now + 1000000
		tell("status", status())
	return false


func hear(message: Dictionary) -> void:
	if message.is_empty():
		tell("unreadable")
		return
	if message["message"] == "WELCOME":
		next_usercmd = Time.get_ticks_usec()
	tell(message["message"].to_lower(), message)


# Notes where we are and whom we see.
func look_around(snapshot: Dictionary) -> void:
	for event: Dictionary in snapshot["events"]:
		if event["tick"] > events_to and event["kind"] == Wire.EV_FIRE and event["a"] == client.slot:
			fired += 1
	if snapshot["events"]:
		events_to = maxi(events_to, snapshot["events"][-1]["tick"])
	for other: int in snapshot["players"]:
		others[other] = others.get(other, 0) + 1
	if snapshot["own"].is_empty():
		return
	var before := here
	here = Wire.place(Wire.OWN, snapshot["own"])
	if before.distance_to(here) < LEAP:
		walked += before.distance_to(here)


func walk() -> void:
	ticks += 1
	client.send_usercmd({
		"forward": 127,
		"side": 0,
		"yaw": ticks * 200 & 0xFFFF,
		"pitch": 0,
		"buttons": Wire.BUTTON_ATTACK,  # fires, and brings a dead player back
		"weapon": 0,
	})


func status() -> Dictionary:
	var found := {}
	for other: int in others:
		found[client.names.get(other, str(other))] = others[other]
	return {
		"received": client.received, "decoded": client.decoded, "fired": fired, "walked": walked, "others": found,
		"map": client.map, "slot": client.slot, "tick": client.newest.get("tick", 0),
		"pos": [here.x, here.y, here.z] if here.is_finite() else [],
	}


# Says goodbye and tells what there was.
func finish() -> void:
	if not client.joined:
		tell("no connection")
		quit(STATUS_NO_CONNECTION)
		return
	tell("summary", status())
	client.leave()
	quit(0)
