# Joins a server, walks ahead and turns, and prints once a second where it is and where the others are. Ctrl+C ends it.
#
#	godot --headless --path godot -s first.gd -- 127.0.0.1 4433
extends SceneTree

const Client := preload("res://addons/tremble/client.gd")
const Wire := preload("res://addons/tremble/wire.gd")

var client := Client.new()
var ticks := 0


func _initialize() -> void:
	Engine.max_fps = Wire.TICK_RATE
	var args := OS.get_cmdline_user_args()
	client.welcomed.connect(func(message): print("in: %s, %s on %s" % [message["server_name"], client.mode, client.map]))
	client.refused.connect(func(_code, reason): print("refused: ", reason))
	client.level_changed.connect(func(map, _digest): print("now on ", map))
	client.left.connect(func(_code): quit(2))
	client.join(args[0], int(args[1]), "first", Client.kept_key())


func _process(_delta: float) -> bool:
	client.poll()
	if not client.joined:
		return false
	ticks += 1
	client.send_usercmd({
		"forward": 127, "side": 0, "yaw": ticks * 200 & 0xFFFF, "pitch": 0, "buttons": 0, "weapon": 0,
	})
	if ticks % Wire.TICK_RATE == 0 and client.newest:
		if client.newest["own"]:
			print("here ", Wire.place(Wire.OWN, client.newest["own"]))
		for slot: int in client.newest["players"]:
			print(client.names.get(slot, slot), " ", Wire.place(Wire.PLAYER, client.newest["players"][slot]))
	return false
