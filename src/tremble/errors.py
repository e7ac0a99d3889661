"""Every error of Tremble, by whose fault it is.

TrembleError
  ProtocolError    the peer's: drop the datagram, count it; many close the session
  ConfigError      the operator's: one line naming file, setting and value; exit 2, no socket opened
    MapError       a `.map` file that cannot be played, with file, line and entity
  CommandError     the caller's: a console command that cannot be obeyed; the reply says why
  PortBusy         the operator's: another program has the port; exit 4
  AlreadyRunning   the operator's: another Tremble runs on this directory; exit 3
  ReplayError      a replay that cannot be read, or does not come out as it says
  StoreError       the world's: the store cannot be used now; exit 5 at start, a retry later
    Conflict       the row is not what the writer had read
"""


class TrembleError(Exception):
    """Root of all errors that Tremble raises on purpose; `exit_code` is for the command line."""

    exit_code = 1


class ProtocolError(TrembleError):
    """The peer sent something that the protocol does not allow."""


class ConfigError(TrembleError):
    """A setting, a command line or a file of the operator cannot be used."""

    exit_code = 2


class MissingExtra(ConfigError):
    """What was asked for needs a package that only an extra brings; the message names it."""


class MapError(ConfigError):
    """A `.map` file cannot be read or played."""


class ReplayError(TrembleError):
    """A replay cannot be read, or played again it does not come out as it says."""


class CommandError(TrembleError):
    """A console command cannot be obeyed; the message is the reply."""


class AlreadyRunning(TrembleError):
    """Another Tremble runs on the same directory."""

    exit_code = 3


class PortBusy(TrembleError):
    """Another program listens on the port."""

    exit_code = 4


class StoreError(TrembleError):
    """The store cannot be used now."""

    exit_code = 5


class Conflict(StoreError):
    """What is stored is not what the writer had read."""
