"""python -m tremble.server OPTIONS: a game worker, as the supervisor starts it."""

from tremble.server.worker import main

main()
