# A client without a screen: joins, walks in circles, shoots, and tells what it sees, one JSON object a line.
#
#   godot --headless --path . -s client.gd -- HOST PORT SECONDS [NAME] [PROTOCOL]
#
# Status: 0 played to the end; 2 refused or put out; 3 no connection.
extends SceneTree

const Wire := preload("wire.gd")

const LEAP := 50.0  # units in a snapshot that nobody walks: a respawn or a teleporter
const STATUS_REFUSED := 2
const STATUS_NO_CONNECTION := 3

var host := ENetConnection.new()
var server: ENetPacketPeer
var joined := false
var player_name := "godot"
var protocol := Wire.PROTOCOL_VERSION

var slot := Wire.NO_SLOT
var names := {}  # of the players, by slot
var held := {}  # snapshots by tick: the baselines
var newest := {}  # the newest snapshot
var events_to := 0  # newest tick of which an event was taken
var usercmd_tick := 0
var commands: Array[Dictionary] = []  # the usercmds that are sent again, newest first

var started := Time.get_ticks_usec()
var ends := 0
var next_usercmd := 0
var next_status := 0

var received := 0  # snapshots
var decoded := 0
var fired := 0  # FIRE events of our own
var others := {}  # how often each other slot was seen
var here := Vector3.INF
var walked := 0.0  # units


func tell(event: String, what: Dictionary = {}) -> void:
	print("> " + JSON.stringify({"event": event}.merged(what)))


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	if args.size() < 3:
		printerr("usage: godot --headless --path . -s client.gd -- HOST PORT SECONDS [NAME] [PROTOCOL]")
		quit(1)
		return
	ends = started + int(float(args[2]) * 1e6)
	player_name = args[3] if args.size() > 3 else player_name
	protocol = int(args[4]) if args.size() > 4 else protocol
	Engine.max_fps = 120  # twice a tick: a headless engine would otherwise run as fast as it can
	host.create_host(1, Wire.CHANNELS)
	server = host.connect_to_host(args[0], int(args[1]), Wire.CHANNELS, Wire.CONNECT_DATA)


func _process(_delta: float) -> bool:
	var now := Time.get_ticks_usec()
	while true:
		var event := host.service(0)
		if event[0] == ENetConnection.EVENT_NONE or event[0] == ENetConnection.EVENT_ERROR:
			break
		if hear(event):
			return true
	if now > ends:
		finish()
		return true
	if joined and now >= next_usercmd:
		next_usercmd = maxi(next_usercmd + 1000000 / Wire.TICK_RATE, now - 100000)
		send_usercmd()
	if joined and now >= next_status:
		next_status = now + 1000000
		tell("status", status())
	return false


# Takes an event of ENet; says whether it is the end.
func hear(event: Array) -> bool:
	match event[0]:
		ENetConnection.EVENT_CONNECT:
			server.throttle_configure(5000, 32, 0)
			server.set_timeout(32, 3000, 10000)
			send_join()
		ENetConnection.EVENT_RECEIVE:
			var channel: int = event[3]
			if channel == Wire.CHANNEL_SNAPSHOT:
				hear_snapshot(server.get_packet())
			else:
				hear_message(Wire.decode_message(server.get_packet()))
		ENetConnection.EVENT_DISCONNECT:
			tell("disconnected", {"code": event[2]})
			quit(STATUS_REFUSED)
			return true
	return false


func send_join() -> void:
	# A game keeps its key: it is who the player is.
	var join := {
		"protocol": protocol, "key": Crypto.new().generate_random_bytes(16), "flags": 0, "name": player_name,
	}
	server.send(Wire.CHANNEL_RELIABLE, Wire.encode_message(1, join), ENetPacketPeer.FLAG_RELIABLE)


func hear_message(message: Dictionary) -> void:
	match message.get("message"):
		null:
			tell("unreadable")
			return
		"WELCOME":
			joined = true
			next_usercmd = Time.get_ticks_usec()
		"SEAT":
			slot = message["slot"]
		"PLAYER_INFO":
			names[message["slot"]] = message["name"]
	tell(message["message"].to_lower(), message)


func hear_snapshot(data: PackedByteArray) -> void:
	received += 1
	var snapshot := Wire.decode_snapshot(data, held)
	if snapshot.is_empty():
		return
	decoded += 1
	held[snapshot["tick"]] = snapshot
	if snapshot["tick"] <= newest.get("tick", 0):
		return
	newest = snapshot
	for tick: int in held.keys():
		if tick <= newest["tick"] - Wire.RING:
			held.erase(tick)
	for event: Dictionary in newest["events"]:
		if event["tick"] > events_to and event["kind"] == Wire.EV_FIRE and event["a"] == slot:
			fired += 1
	if newest["events"]:
		events_to = maxi(events_to, newest["events"][-1]["tick"])
	var executed: int = newest["usercmd"]
	var kept: Array[Dictionary] = []
	for i in commands.size():
		if i < Wire.MIN_COUNT - 1 or (commands[i]["tick"] - executed - 1) & 0xFFFF < 0x8000:
			kept.append(commands[i])
	commands = kept
	look_around()


# Notes where we are and whom we see.
func look_around() -> void:
	for other: int in newest["players"]:
		others[other] = others.get(other, 0) + 1
	if newest["own"].is_empty():
		return
	var before := here
	here = Wire.place(Wire.OWN, newest["own"])
	if before.distance_to(here) < LEAP:
		walked += before.distance_to(here)


func send_usercmd() -> void:
	usercmd_tick += 1
	commands.push_front({
		"tick": usercmd_tick,
		"forward": 127,
		"side": 0,
		"yaw": usercmd_tick * 200 & 0xFFFF,
		"pitch": 0,
		"buttons": Wire.BUTTON_ATTACK,  # fires, and brings a dead player back
		"weapon": 0,
	})
	if commands.size() > Wire.MAX_COUNT:
		commands.resize(Wire.MAX_COUNT)
	var packet := Wire.encode_usercmds(commands, newest.get("tick", 0))
	server.send(Wire.CHANNEL_USERCMD, packet, ENetPacketPeer.FLAG_UNSEQUENCED)


func status() -> Dictionary:
	var seen := {}
	for other: int in others:
		seen[names.get(other, str(other))] = others[other]
	return {
		"received": received, "decoded": decoded, "fired": fired, "walked": walked, "others": seen,
		"slot": slot, "tick": newest.get("tick", 0), "pos": [here.x, here.y, here.z] if here.is_finite() else [],
	}


# Says goodbye and tells what there was.
func finish() -> void:
	if not joined:
		tell("no connection")
		quit(STATUS_NO_CONNECTION)
		return
	tell("summary", status())
	server.peer_disconnect_now(0)
	quit(0)
