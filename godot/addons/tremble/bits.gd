# Bits of a packet, lowest first: bit i is bit i % 8 of byte i / 8.
extends RefCounted


class Reader:
	var data: PackedByteArray
	var at := 0
	var failed := false  # read past the end, or found what cannot be

	func _init(packet: PackedByteArray) -> void:
		data = packet

	func read(count: int) -> int:
		if at + count > data.size() * 8:
			failed = true
			return 0
		var value := 0
		var done := 0
		while done < count:
			var shift := at & 7
			var some := mini(8 - shift, count - done)
			value |= ((data[at >> 3] >> shift) & ((1 << some) - 1)) << done
			done += some
			at += some
		return value

	func read_signed(count: int) -> int:
		var value := read(count)
		return value - (1 << count) if value >= 1 << (count - 1) else value

	# Whether all was read and only the filling zeros of the last byte are left.
	func finished() -> bool:
		var left := data.size() * 8 - at
		return not failed and left < 8 and read(left) == 0


class Writer:
	var data := PackedByteArray()
	var count := 0

	func write(value: int, bits: int) -> void:
		for i in bits:
			if count & 7 == 0:
				data.append(0)
			if value & (1 << i):
				data[count >> 3] |= 1 << (count & 7)
			count += 1
