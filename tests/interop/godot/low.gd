# An ENetConnection that does what the test asks and tells what it hears, one JSON object a line.
#
#   godot --headless --path . -s low.gd -- client PORT CONNECT_DATA
#   godot --headless --path . -s low.gd -- server PORT PEERS
#
# Once connected it sends one packet of each size in each mode, then echoes whatever comes. The packet
# "bye" makes it disconnect with data 42.
extends SceneTree

const CHANNELS := 6
const SIZES := [0, 1, 500, 1364, 1365, 5000]
const FLAGS := {
	"reliable": ENetPacketPeer.FLAG_RELIABLE,
	"unreliable": ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT,
	"unsequenced": ENetPacketPeer.FLAG_UNSEQUENCED | ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT,
}

var host := ENetConnection.new()
var deadline := Time.get_ticks_msec() + 15000


func tell(what: Dictionary) -> void:
	print("> " + JSON.stringify(what))


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	var error: int
	if args[0] == "server":
		error = host.create_host_bound("127.0.0.1", int(args[1]), int(args[2]), CHANNELS)
	else:
		error = host.create_host(1, CHANNELS)
		host.connect_to_host("127.0.0.1", int(args[1]), CHANNELS, int(args[2]))
	tell({"event": "ready", "error": error})


func send_all(peer: ENetPacketPeer) -> void:
	var channel := 0
	for mode in FLAGS:
		for size in SIZES:
			var data := PackedByteArray()
			data.resize(size)
			data.fill(size % 251)
			peer.send(channel, data, FLAGS[mode])
		channel += 1


func _process(_delta: float) -> bool:
	if Time.get_ticks_msec() > deadline:
		tell({"event": "late"})
		quit(3)
		return true
	while true:
		var event: Array = host.service(0)
		if event[0] == ENetConnection.EVENT_NONE or event[0] == ENetConnection.EVENT_ERROR:
			return false
		if take(event):
			return true
	return false


func take(event: Array) -> bool:
	var peer: ENetPacketPeer = event[1]
	match event[0]:
		ENetConnection.EVENT_CONNECT:
			tell({"event": "connected", "data": event[2], "channels": peer.get_channels()})
			send_all(peer)
		ENetConnection.EVENT_RECEIVE:
			var channel: int = event[3]
			var flags := peer.get_packet_flags()
			var data := peer.get_packet()
			tell({"event": "received", "channel": channel, "size": data.size(), "flags": flags})
			if data.get_string_from_ascii() == "bye":
				peer.peer_disconnect_later(42)
			else:
				peer.send(channel, data, flags | ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT)
		ENetConnection.EVENT_DISCONNECT:
			tell({"event": "disconnected", "data": event[2]})
			quit(0)
			return true
	return false
