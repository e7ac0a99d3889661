"""What was played, as numbers: the match log in Parquet files by day, queried with DuckDB.

store ─► export (only the days that changed) ─► DIR/matches/day=2026-01-31/part.parquet ... ─► Lake ─► metrics
"""
