# A client of Tremble, without anything to be seen: it joins, follows the server, sends what the player does.
#
#	const Client := preload("res://addons/tremble/client.gd")
#	var client := Client.new()
#	client.join("127.0.0.1", 4433, "anna", Client.kept_key())
#	func _process(_delta): client.poll()		# the signals come from here
extends RefCounted

const Wire := preload("wire.gd")

# By the server: in; not in, or put out (code and reason as in docs/protocol.md); the connection has ended.
signal welcomed(message: Dictionary)
signal refused(code: int, reason: String)
signal left(code: int)
# The level is another one from now on.
signal level_changed(map: String, map_digest: String)
# Each message as wire.gd has it, those above too; empty: it cannot be read.
signal told(message: Dictionary)
# Each snapshot that is newer than those before.
signal seen(snapshot: Dictionary)

const REFUSED_PASSWORD := 12
const LEAST_ROUNDS := 10_000
const MOST_ROUNDS := 1_000_000

var player_name := ""
var key := PackedByteArray()
var password := ""
var ticket := PackedByteArray()
var protocol := Wire.PROTOCOL_VERSION

var joined := false
var slot := Wire.NO_SLOT
var mode := ""
var map := ""
var names := {}  # of the players, by slot
var newest := {}  # the newest snapshot
var received := 0  # snapshots, and those that could be read
var decoded := 0

var _host := ENetConnection.new()
var _server: ENetPacketPeer
var _held := {}  # snapshots by tick: the baselines
var _level_tick := 0  # snapshots up to it show the level before
var _usercmd_tick := 0
var _usercmds: Array[Dictionary] = []  # those that are sent again, newest first


# The player's secret of 16 bytes, made the first time: by it the server knows the player again.
static func kept_key(path := "user://tremble.key") -> PackedByteArray:
	var found := FileAccess.get_file_as_bytes(path)
	if found.size() == 16:
		return found
	found = Crypto.new().generate_random_bytes(16)
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file:
		file.store_buffer(found)
	return found


# Ask the server at *address* to let us in; *from* is one of our own addresses, "": any.
func join(address: String, port: int, as_name: String, own_key: PackedByteArray, from := "") -> Error:
	player_name = as_name
	key = own_key
	var made := _host.create_host(1, Wire.CHANNELS) if from == "" else _host.create_host_bound(from, 0, 1, Wire.CHANNELS)
	if made == OK:
		_server = _host.connect_to_host(address, port, Wire.CHANNELS, Wire.CONNECT_DATA)
	return made if made != OK or _server else ERR_CANT_CONNECT


# Take what has come. Call it at each frame.
func poll() -> void:
	while _server:
		var event := _host.service(0)
		match event[0]:
			ENetConnection.EVENT_CONNECT:
				_server.throttle_configure(5000, 32, 0)
				_server.set_timeout(32, 3000, 10000)
				send(1, {"protocol": protocol, "key": key, "flags": 0, "name": player_name, "ticket": ticket})
			ENetConnection.EVENT_RECEIVE:
				if event[3] == Wire.CHANNEL_SNAPSHOT:
					_hear_snapshot(_server.get_packet())
				else:
					_hear_message(Wire.decode_message(_server.get_packet()))
			ENetConnection.EVENT_DISCONNECT:
				_server = null
				joined = false
				left.emit(event[2])
			_:
				return


# Send a message of wire.gd: send(2, {"text": "hello"}).
func send(id: int, values: Dictionary) -> void:
	_server.send(Wire.CHANNEL_RELIABLE, Wire.encode_message(id, values), ENetPacketPeer.FLAG_RELIABLE)


# Send what the player does in this tick: forward, side (-127 to 127), yaw, pitch, buttons, weapon. 60 times a second,
# with or without a slot: it also tells the server what we have seen.
func send_usercmd(command: Dictionary) -> void:
	_usercmd_tick += 1
	_usercmds.push_front(command.merged({"tick": _usercmd_tick}, true))
	if _usercmds.size() > Wire.MAX_COUNT:
		_usercmds.resize(Wire.MAX_COUNT)
	var packet := Wire.encode_usercmds(_usercmds, newest.get("tick", 0))
	_server.send(Wire.CHANNEL_USERCMD, packet, ENetPacketPeer.FLAG_UNSEQUENCED)


# Say goodbye.
func leave() -> void:
	if _server:
		_server.peer_disconnect_now(0)
		_server = null
	joined = false


func _hear_message(message: Dictionary) -> void:
	match message.get("message"):
		"WELCOME":
			joined = true
			mode = message["mode"]
			map = message["map"]
			welcomed.emit(message)
		"REFUSED":
			refused.emit(message["code"], message["reason"])
		"CHALLENGE":
			_prove(message)
		"MAP_CHANGE":
			# All that is known of the players follows anew, as after WELCOME.
			names.clear()
			_level_tick = message["tick"]
			mode = message["mode"]
			map = message["map"]
			level_changed.emit(map, message["map_digest"])
		"SEAT":
			slot = message["slot"]
		"PLAYER_INFO":
			names[message["slot"]] = message["name"]
	told.emit(message)


# Show that we know the password, without sending it.
func _prove(challenge: Dictionary) -> void:
	var rounds: int = challenge["rounds"]
	if password == "" or rounds < LEAST_ROUNDS or rounds > MOST_ROUNDS:
		refused.emit(REFUSED_PASSWORD, "the server has a password" if password == "" else "the server asks wrongly")
		leave()
		return
	var nonce: PackedByteArray = challenge["nonce"]
	var text := "tremble password".to_utf8_buffer() + nonce + key
	var proof := Crypto.new().hmac_digest(HashingContext.HASH_SHA256, _secret(challenge["salt"], rounds), text)
	send(4, {"proof": proof.slice(0, 16)})


# PBKDF2-HMAC-SHA256 of the password, one block of it.
func _secret(salt: PackedByteArray, rounds: int) -> PackedByteArray:
	var crypto := Crypto.new()
	var text := password.to_utf8_buffer()
	var last := crypto.hmac_digest(HashingContext.HASH_SHA256, text, salt + PackedByteArray([0, 0, 0, 1]))
	var sum := last.duplicate()
	for i in rounds - 1:
		last = crypto.hmac_digest(HashingContext.HASH_SHA256, text, last)
		for at: int in [0, 8, 16, 24]:
			sum.encode_s64(at, sum.decode_s64(at) ^ last.decode_s64(at))
	return sum


func _hear_snapshot(data: PackedByteArray) -> void:
	received += 1
	var snapshot := Wire.decode_snapshot(data, _held)
	if snapshot.is_empty():
		return
	decoded += 1
	_held[snapshot["tick"]] = snapshot
	if snapshot["tick"] <= newest.get("tick", 0):
		return
	newest = snapshot
	for tick: int in _held.keys():
		if tick <= newest["tick"] - Wire.RING:
			_held.erase(tick)
	_forget_usercmds(newest["usercmd"])
	if newest["tick"] > _level_tick:
		seen.emit(newest)


# Those that the server has executed need not be sent again; a few always are.
func _forget_usercmds(executed: int) -> void:
	var kept: Array[Dictionary] = []
	for i in _usercmds.size():
		if i < Wire.MIN_COUNT - 1 or (_usercmds[i]["tick"] - executed - 1) & 0xFFFF < 0x8000:
			kept.append(_usercmds[i])
	_usercmds = kept
