"""The game: typed state and usercmds in, state and events out. Pure, compiled as it stands."""
