extends Node

const DataManager = preload("res://data_manager.gd")

signal stats_updated(stats: Dictionary)
signal achievement_unlocked(achievement: String)

var data_manager: DataManager
var current_stats: Dictionary = {}
var achievements: Array[String] = []

func _ready():
	data_manager = get_node("/root/DataManager")
	load_player_stats()

func load_player_stats():
	current_stats = data_manager.load_data(DataManager.DataType.PLAYER_STATS)

	# Apply stats to game systems
	apply_stats_to_game()

func save_player_stats():
	# Update timestamp
	current_stats.last_updated = Time.get_datetime_string_from_system()

	# Save to file
	var success = data_manager.save_data(DataManager.DataType.PLAYER_STATS, current_stats)
	if success:
		stats_updated.emit(current_stats)

func update_match_result(won: bool, kills: int, deaths: int, accuracy: float):
	current_stats.stats.matches_played += 1

	if won:
		current_stats.stats.wins += 1
	else:
		current_stats.stats.losses += 1

	current_stats.stats.kills += kills
	current_stats.stats.deaths += deaths

	# Update accuracy (rolling average)
	var total_shots = current_stats.stats.matches_played
	current_stats.stats.accuracy = (current_stats.stats.accuracy * (total_shots - 1) + accuracy) / total_shots

	# Check for achievements
	check_achievements()

	# Save stats
	save_player_stats()

func update_rating(new_rating: float, new_deviation: float, new_volatility: float):
	current_stats.rating.current = new_rating
	current_stats.rating.deviation = new_deviation
	current_stats.rating.volatility = new_volatility

	save_player_stats()

func check_achievements():
	var new_achievements = []

	# First win
	if current_stats.stats.wins == 1 and not "first_win" in achievements:
		new_achievements.append("first_win")

	# 10 wins
	if current_stats.stats.wins >= 10 and not "veteran" in achievements:
		new_achievements.append("veteran")

	# 100 kills
	if current_stats.stats.kills >= 100 and not "century" in achievements:
		new_achievements.append("century")

	# Perfect accuracy (100% in a match)
	if current_stats.stats.accuracy >= 1.0 and not "sharpshooter" in achievements:
		new_achievements.append("sharpshooter")

	# Unlock new achievements
	for achievement in new_achievements:
		achievements.append(achievement)
		achievement_unlocked.emit(achievement)

func apply_stats_to_game():
	# Apply settings to game systems
	var settings = data_manager.load_data(DataManager.DataType.SETTINGS)

	# Apply graphics settings
	if settings.has("graphics"):
		apply_graphics_settings(settings.graphics)

	# Apply audio settings
	if settings.has("audio"):
		apply_audio_settings(settings.audio)

	# Apply control settings
	if settings.has("controls"):
		apply_control_settings(settings.controls)

func apply_graphics_settings(graphics: Dictionary):
	if graphics.has("fullscreen"):
		DisplayServer.window_set_mode(
			DisplayServer.WINDOW_MODE_FULLSCREEN if graphics.fullscreen
			else DisplayServer.WINDOW_MODE_WINDOWED
		)

	if graphics.has("vsync"):
		DisplayServer.window_set_vsync_mode(
			DisplayServer.VSYNC_ENABLED if graphics.vsync
			else DisplayServer.VSYNC_DISABLED
		)

	if graphics.has("fov"):
		var player = get_node_or_null("/root/Game/Player")
		if player and player.camera:
			player.camera.fov = graphics.fov

func apply_audio_settings(audio: Dictionary):
	if audio.has("master_volume"):
		AudioServer.set_bus_volume_db(
			AudioServer.get_bus_index("Master"),
			linear_to_db(audio.master_volume)
		)

	if audio.has("music_volume"):
		AudioServer.set_bus_volume_db(
			AudioServer.get_bus_index("Music"),
			linear_to_db(audio.music_volume)
		)

	if audio.has("sfx_volume"):
		AudioServer.set_bus_volume_db(
			AudioServer.get_bus_index("SFX"),
			linear_to_db(audio.sfx_volume)
		)

func apply_control_settings(controls: Dictionary):
	if controls.has("mouse_sensitivity"):
		var player = get_node_or_null("/root/Game/Player")
		if player:
			player.mouse_sensitivity = controls.mouse_sensitivity
