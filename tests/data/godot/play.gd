# Plays with the game's first sketch, one step of it per start: `fresh` counts matches and fills the
# leaderboard; `again` loads and saves what is there, as JSON, so that every number becomes a float.
extends SceneTree


func _initialize():
	for bus in ["Music", "SFX"]:
		AudioServer.add_bus()
		AudioServer.set_bus_name(AudioServer.bus_count - 1, bus)
	if "fresh" in OS.get_cmdline_user_args():
		play.call_deferred()
	else:
		save_again()
		quit()


func play():
	var data_manager = load("res://data_manager.gd").new()
	data_manager.name = "DataManager"
	root.add_child(data_manager)
	var stats = load("res://player_stats_manager.gd").new()
	root.add_child(stats)
	stats.current_stats.username = "Änne"
	stats.update_match_result(true, 10, 5, 0.5)
	stats.update_match_result(false, 3, 10, 0.25)
	stats.update_rating(1520.5, 180.25, 0.0601)
	var board = load("res://leaderboard_manager.gd").new()
	root.add_child(board)
	board.add_player_to_leaderboard("p1", "Änne", 1520.5, stats.current_stats.stats)
	board.add_player_to_leaderboard("p2", "Bert", 1600.0, {"matches_played": 3})
	quit()


func save_again():
	for file_name in DirAccess.get_files_at("user://"):
		if not file_name.ends_with(".json"):
			continue
		var path = "user://" + file_name
		var data = JSON.parse_string(FileAccess.get_file_as_string(path))
		var file = FileAccess.open(path, FileAccess.WRITE)
		file.store_string(JSON.stringify(data, "\t"))
		file.close()
