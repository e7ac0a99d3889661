"""tremble bot: players without a screen."""

from typing import Annotated

from cyclopts import Parameter

from tremble import log
from tremble.cli.options import Dir, host_and_port, settings
from tremble.client.runner import run_bots
from tremble.process import StopFlag


def bot(
    address: str,
    *,
    count: Annotated[int, Parameter(name=["-n", "--count"], help="How many.")] = 1,
    skill: Annotated[
        float | None,
        Parameter(help="0 is a beginner, 1 is hard to beat; else each bot has its own."),
    ] = None,
    password: Annotated[
        str,
        Parameter(
            help="The server's; better given by the environment.", env_var="TREMBLE_BOT_PASSWORD"
        ),
    ] = "",
    directory: Dir = None,
) -> None:
    """Let bots join the server at ADDRESS (HOST:PORT) and play until you press Ctrl-C."""
    log.configure()
    host, port = host_and_port(address, 4433)
    stop = StopFlag()
    stop.listen()
    path, _ = settings(directory, None)
    run_bots(
        host,
        port,
        count,
        skill=skill,
        password=password,
        directory=path,
        stop=lambda: stop.stopping,
        report=lambda line: print(line, flush=True),
    )
