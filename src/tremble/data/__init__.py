"""A player's own data: documents that cannot be lost, stats, achievements, settings, backups.

Read in this order: documents, codec, files, backups, manager; then stats, settings and the rest.
"""
