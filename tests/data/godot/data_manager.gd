extends Node

signal data_saved(data_type: String, success: bool)
signal data_loaded(data_type: String, success: bool)
signal data_corrupted(data_type: String, error: String)

# Data types
enum DataType {
	PLAYER_STATS,
	SETTINGS,
	LEADERBOARD,
	MATCH_HISTORY,
	TERMINAL_STATE,
	PERFORMANCE_DATA
}

# File paths
var data_paths = {
	DataType.PLAYER_STATS: "user://player_stats.json",
	DataType.SETTINGS: "user://settings.json",
	DataType.LEADERBOARD: "user://leaderboard.json",
	DataType.MATCH_HISTORY: "user://match_history.json",
	DataType.TERMINAL_STATE: "user://terminal_state.json",
	DataType.PERFORMANCE_DATA: "user://performance_data.json"
}

# Backup paths
var backup_paths = {
	DataType.PLAYER_STATS: "user://backups/player_stats_backup.json",
	DataType.SETTINGS: "user://backups/settings_backup.json",
	DataType.LEADERBOARD: "user://backups/leaderboard_backup.json"
}

# Data schemas for validation
var data_schemas = {
	DataType.PLAYER_STATS: {
		"version": "string",
		"player_id": "string",
		"username": "string",
		"stats": {
			"matches_played": "int",
			"wins": "int",
			"losses": "int",
			"kills": "int",
			"deaths": "int",
			"accuracy": "float",
			"playtime_hours": "float"
		},
		"rating": {
			"current": "float",
			"deviation": "float",
			"volatility": "float"
		},
		"last_updated": "string"
	},
	DataType.SETTINGS: {
		"version": "string",
		"graphics": {
			"resolution": "string",
			"fullscreen": "bool",
			"vsync": "bool",
			"fov": "float",
			"quality": "string"
		},
		"audio": {
			"master_volume": "float",
			"music_volume": "float",
			"sfx_volume": "float"
		},
		"controls": {
			"mouse_sensitivity": "float",
			"invert_y": "bool",
			"key_bindings": "dictionary"
		},
		"network": {
			"max_ping": "int",
			"auto_reconnect": "bool"
		}
	}
}

func _ready():
	setup_data_directories()
	load_all_data()

func load_all_data():
	for data_type in DataType.values():
		load_data(data_type)

func setup_data_directories():
	# Create necessary directories
	var dir = DirAccess.open("user://")
	if not dir.dir_exists("backups"):
		dir.make_dir("backups")
	if not dir.dir_exists("logs"):
		dir.make_dir("logs")
	if not dir.dir_exists("temp"):
		dir.make_dir("temp")

func save_data(data_type: DataType, data: Dictionary) -> bool:
	var file_path = data_paths[data_type]

	# Validate data against schema
	if not validate_data(data_type, data):
		data_corrupted.emit(DataType.keys()[data_type], "Data validation failed")
		return false

	# Create backup before saving
	if backup_paths.has(data_type):
		create_backup(data_type)

	# Save data
	var file = FileAccess.open(file_path, FileAccess.WRITE)
	if not file:
		data_saved.emit(DataType.keys()[data_type], false)
		return false

	var json_string = JSON.stringify(data, "\t")
	file.store_string(json_string)
	file.close()

	data_saved.emit(DataType.keys()[data_type], true)
	return true

func load_data(data_type: DataType) -> Dictionary:
	var file_path = data_paths[data_type]

	if not FileAccess.file_exists(file_path):
		var default_data = get_default_data(data_type)
		save_data(data_type, default_data)
		return default_data

	var file = FileAccess.open(file_path, FileAccess.READ)
	if not file:
		data_loaded.emit(DataType.keys()[data_type], false)
		return get_default_data(data_type)

	var json_string = file.get_as_text()
	file.close()

	var json = JSON.new()
	var parse_result = json.parse(json_string)
	if parse_result != OK:
		data_corrupted.emit(DataType.keys()[data_type], "JSON parsing failed")
		return get_default_data(data_type)

	var data = json.data

	# Validate loaded data
	if not validate_data(data_type, data):
		data_corrupted.emit(DataType.keys()[data_type], "Data validation failed")
		return get_default_data(data_type)

	data_loaded.emit(DataType.keys()[data_type], true)
	return data

func validate_data(data_type: DataType, data: Dictionary) -> bool:
	if not data_schemas.has(data_type):
		return true  # No schema defined, assume valid

	var schema = data_schemas[data_type]
	return validate_against_schema(data, schema)

func validate_against_schema(data: Dictionary, schema: Dictionary) -> bool:
	for key in schema:
		if not data.has(key):
			return false

		var expected_type = schema[key]
		var actual_value = data[key]

		if expected_type is Dictionary:
			if not actual_value is Dictionary:
				return false
			if not validate_against_schema(actual_value, expected_type):
				return false
		else:
			if not is_correct_type(actual_value, expected_type):
				return false

	return true

func is_correct_type(value: Variant, expected_type: String) -> bool:
	match expected_type:
		"string":
			return value is String
		"int":
			return value is int
		"float":
			return value is float
		"bool":
			return value is bool
		"dictionary":
			return value is Dictionary
		"array":
			return value is Array
		_:
			return true

func create_backup(data_type: DataType):
	var source_path = data_paths[data_type]
	var backup_path = backup_paths[data_type]

	if not FileAccess.file_exists(source_path):
		return

	var source_file = FileAccess.open(source_path, FileAccess.READ)
	if not source_file:
		return

	var backup_file = FileAccess.open(backup_path, FileAccess.WRITE)
	if not backup_file:
		source_file.close()
		return

	backup_file.store_string(source_file.get_as_text())
	source_file.close()
	backup_file.close()

func restore_from_backup(data_type: DataType) -> bool:
	var backup_path = backup_paths[data_type]
	var main_path = data_paths[data_type]

	if not FileAccess.file_exists(backup_path):
		return false

	var backup_file = FileAccess.open(backup_path, FileAccess.READ)
	if not backup_file:
		return false

	var main_file = FileAccess.open(main_path, FileAccess.WRITE)
	if not main_file:
		backup_file.close()
		return false

	main_file.store_string(backup_file.get_as_text())
	backup_file.close()
	main_file.close()

	return true

func get_default_data(data_type: DataType) -> Dictionary:
	match data_type:
		DataType.PLAYER_STATS:
			return {
				"version": "1.0",
				"player_id": "",
				"username": "",
				"stats": {
					"matches_played": 0,
					"wins": 0,
					"losses": 0,
					"kills": 0,
					"deaths": 0,
					"accuracy": 0.0,
					"playtime_hours": 0.0
				},
				"rating": {
					"current": 1500.0,
					"deviation": 350.0,
					"volatility": 0.06
				},
				"last_updated": Time.get_datetime_string_from_system()
			}
		DataType.SETTINGS:
			return {
				"version": "1.0",
				"graphics": {
					"resolution": "1920x1080",
					"fullscreen": false,
					"vsync": true,
					"fov": 120.0,
					"quality": "high"
				},
				"audio": {
					"master_volume": 1.0,
					"music_volume": 0.5,
					"sfx_volume": 1.0
				},
				"controls": {
					"mouse_sensitivity": 1.0,
					"invert_y": false,
					"key_bindings": {}
				},
				"network": {
					"max_ping": 100,
					"auto_reconnect": true
				}
			}
		_:
			return {}
