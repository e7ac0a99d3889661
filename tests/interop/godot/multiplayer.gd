# An ENetMultiplayerPeer that sends packets of its own and tells what it hears, one JSON object a line.
#
#   godot --headless --path . -s multiplayer.gd -- client PORT
#   godot --headless --path . -s multiplayer.gd -- server PORT
#
# Ends when the other end is gone.
extends SceneTree

const MODES := {
	"unreliable": MultiplayerPeer.TRANSFER_MODE_UNRELIABLE,
	"ordered": MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED,
	"reliable": MultiplayerPeer.TRANSFER_MODE_RELIABLE,
}

var peer := ENetMultiplayerPeer.new()
var deadline := Time.get_ticks_msec() + 15000
var connected := false
var began := Time.get_ticks_msec()


func tell(what: Dictionary) -> void:
	print("> " + JSON.stringify(what))


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	var error: int
	peer.peer_connected.connect(_on_peer_connected)
	peer.peer_disconnected.connect(_on_peer_disconnected)
	if args[0] == "server":
		peer.set_bind_ip("127.0.0.1")
		error = peer.create_server(int(args[1]), 4)
	else:
		error = peer.create_client("127.0.0.1", int(args[1]))
	tell({"event": "ready", "error": error, "id": peer.get_unique_id()})


func _on_peer_connected(id: int) -> void:
	connected = true
	tell({"event": "connected", "id": id})
	peer.set_target_peer(id)
	for channel in [0, 2]:
		for mode in MODES:
			for size in [1, 5000]:
				peer.transfer_channel = channel
				peer.transfer_mode = MODES[mode]
				var data := PackedByteArray()
				data.resize(size)
				data.fill(channel * 10 + MODES[mode])
				peer.put_packet(data)


func _on_peer_disconnected(id: int) -> void:
	tell({"event": "disconnected", "id": id})
	quit(0)


func _process(_delta: float) -> bool:
	if Time.get_ticks_msec() > deadline:
		tell({"event": "late"})
		quit(3)
		return true
	peer.poll()
	if peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED:
		tell({"event": "gone", "connected": connected, "ms": Time.get_ticks_msec() - began})
		quit(0)
		return true
	while peer.get_available_packet_count() > 0:
		var channel := peer.get_packet_channel()
		var mode := peer.get_packet_mode()
		var data := peer.get_packet()
		tell({"event": "received", "channel": channel, "mode": mode, "size": data.size()})
	return false
