extends Node

const DataManager = preload("res://data_manager.gd")

signal leaderboard_updated()
signal player_rank_changed(old_rank: int, new_rank: int)

var data_manager: DataManager
var leaderboard_data: Dictionary = {}
var player_rankings: Array[Dictionary] = []

func _ready():
	data_manager = get_node("/root/DataManager")
	load_leaderboard()

func load_leaderboard():
	leaderboard_data = data_manager.load_data(DataManager.DataType.LEADERBOARD)

	if not leaderboard_data.has("players"):
		leaderboard_data.players = []

	if not leaderboard_data.has("last_updated"):
		leaderboard_data.last_updated = Time.get_datetime_string_from_system()

	update_player_rankings()

func save_leaderboard():
	leaderboard_data.last_updated = Time.get_datetime_string_from_system()
	data_manager.save_data(DataManager.DataType.LEADERBOARD, leaderboard_data)
	leaderboard_updated.emit()

func add_player_to_leaderboard(player_id: String, username: String, rating: float, stats: Dictionary):
	var player_entry = {
		"player_id": player_id,
		"username": username,
		"rating": rating,
		"stats": stats,
		"last_updated": Time.get_datetime_string_from_system()
	}

	# Check if player already exists
	var existing_index = -1
	for i in range(leaderboard_data.players.size()):
		if leaderboard_data.players[i].player_id == player_id:
			existing_index = i
			break

	if existing_index >= 0:
		# Update existing player
		var old_rating = leaderboard_data.players[existing_index].rating
		leaderboard_data.players[existing_index] = player_entry

		# Check for rank change
		var old_rank = get_player_rank(player_id)
		update_player_rankings()
		var new_rank = get_player_rank(player_id)

		if old_rank != new_rank:
			player_rank_changed.emit(old_rank, new_rank)
	else:
		# Add new player
		leaderboard_data.players.append(player_entry)
		update_player_rankings()

	save_leaderboard()

func update_player_rankings():
	# Sort players by rating (descending)
	leaderboard_data.players.sort_custom(func(a, b): return a.rating > b.rating)

	# Update rankings
	player_rankings.clear()
	for i in range(leaderboard_data.players.size()):
		var player = leaderboard_data.players[i]
		player_rankings.append({
			"rank": i + 1,
			"player_id": player.player_id,
			"username": player.username,
			"rating": player.rating,
			"stats": player.stats
		})

func get_player_rank(player_id: String) -> int:
	for ranking in player_rankings:
		if ranking.player_id == player_id:
			return ranking.rank
	return -1

func get_top_players(limit: int = 10) -> Array[Dictionary]:
	return player_rankings.slice(0, limit)

func get_players_in_range(start_rank: int, end_rank: int) -> Array[Dictionary]:
	if start_rank < 1 or end_rank > player_rankings.size():
		return []

	return player_rankings.slice(start_rank - 1, end_rank)

func search_player_by_name(username: String) -> Dictionary:
	for player in leaderboard_data.players:
		if player.username.to_lower().contains(username.to_lower()):
			return player
	return {}

func get_leaderboard_stats() -> Dictionary:
	if player_rankings.is_empty():
		return {}

	var total_players = player_rankings.size()
	var avg_rating = 0.0
	var total_matches = 0

	for player in player_rankings:
		avg_rating += player.rating
		total_matches += player.stats.matches_played

	avg_rating /= total_players

	return {
		"total_players": total_players,
		"average_rating": avg_rating,
		"total_matches": total_matches,
		"last_updated": leaderboard_data.last_updated
	}
