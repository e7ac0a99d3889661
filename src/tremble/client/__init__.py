"""The other end of the wire: headless client, bots, server query."""
