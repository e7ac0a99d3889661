"""The game server process: sockets, clock, outbox."""
