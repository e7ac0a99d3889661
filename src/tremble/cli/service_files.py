"""The files by which systemd, launchd and Windows run Tremble as a service. Pure: settings in, text out."""

import plistlib
from pathlib import Path
from xml.etree import ElementTree

from msgspec import Struct

#: Seconds for all that stopping takes besides the drain.
STOP_S = 40
#: Seconds of silence after which systemd restarts it: longer than the supervisor waits for the game.
WATCHDOG_S = 60


class Service(Struct, frozen=True):
    """A service *name*, which runs *program* (its words) on *directory*.

    *account*: who it runs as; empty: who installs it, for a service of one user.
    """

    name: str
    program: list[str]
    directory: Path
    account: str = ""
    drain_s: float = 0.0


#: What a unit may do at most; `systemd-analyze security` shows what is left.
CONFINED = """\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
UMask=0077
"""
#: What only the system's own manager can take away.
CONFINED_BY_SYSTEM = """\
AmbientCapabilities=
CapabilityBoundingSet=
DevicePolicy=closed
KeyringMode=private
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
"""
UNIT = """\
[Unit]
Description=Tremble game server ({name})
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=notify
NotifyAccess=main
ExecStart={start}
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory={directory}
EnvironmentFile=-/etc/default/{name}
Restart=on-failure
RestartSec=2
# Settings that are wrong, or a directory that is taken, do not mend themselves.
RestartPreventExitStatus=2 3
KillMode=mixed
TimeoutStartSec=120
TimeoutStopSec={stop}
WatchdogSec={watchdog}
LimitNOFILE=65536
{confined}
[Install]
WantedBy={target}
"""


def systemd(service: Service) -> str:
    """Return the unit of *service*: of the system if it has an account, else of the user's manager."""
    confined = CONFINED
    if service.account:
        homes = (Path("/home"), Path("/root"), Path("/run/user"))
        paths = (Path(service.program[0]), service.directory)
        at_home = any(path.is_relative_to(home) for path in paths for home in homes)
        confined += CONFINED_BY_SYSTEM
        confined += f"ProtectHome={'read-only' if at_home else 'yes'}\n"
        confined += f"ReadWritePaths={in_quotes(escaped(str(service.directory)))}\n"
        confined += f"User={service.account}\nGroup={service.account}\n"
    return UNIT.format(
        name=service.name,
        start=" ".join(quoted(word) for word in words(service)),
        directory=escaped(str(service.directory)),
        stop=round(service.drain_s) + STOP_S,
        watchdog=WATCHDOG_S,
        confined="".join(line + "\n" for line in sorted(confined.splitlines())),
        target="multi-user.target" if service.account else "default.target",
    )


def words(service: Service) -> list[str]:
    """Return the command line of *service*."""
    return [*service.program, "up", "--dir", str(service.directory)]


def escaped(text: str) -> str:
    """Return *text* with nothing that systemd would replace (systemd.unit(5), specifiers)."""
    return text.replace("%", "%%")


def quoted(word: str) -> str:
    """Return *word* for a command line of systemd (systemd.service(5), COMMAND LINES)."""
    word = escaped(word).replace("$", "$$")
    return in_quotes(word)


def in_quotes(word: str) -> str:
    """Return *word* so that systemd takes it for one."""
    if word and not any(c.isspace() or c in "\"'\\;" for c in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def launchd(service: Service) -> bytes:
    """Return the property list of *service* for macOS (launchd.plist(5))."""
    logs = str(service.directory / "logs" / "processes.log")
    facts = {
        "Label": f"tremble.{service.name}",
        "ProgramArguments": words(service),
        "WorkingDirectory": str(service.directory),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": round(service.drain_s) + STOP_S,
        "ProcessType": "Interactive",  # no throttling: 60 ticks a second
        "StandardOutPath": logs,
        "StandardErrorPath": logs,
        "Umask": 0o077,
    }
    if service.account:
        facts["UserName"] = service.account
    return plistlib.dumps(facts)


def windows(service: Service) -> str:
    """Return the definition of *service* for WinSW, which runs programs as services of Windows."""
    root = ElementTree.Element("service")
    arguments = " ".join(f'"{word}"' for word in words(service)[1:])
    facts = {
        "id": service.name,
        "name": f"Tremble ({service.name})",
        "description": "Tremble game server",
        "executable": service.program[0],
        "arguments": arguments,
        "workingdirectory": str(service.directory),
        "stoptimeout": f"{round(service.drain_s) + STOP_S} sec",
        "startmode": "Automatic",
        "logpath": str(service.directory / "logs"),
    }
    for name, text in facts.items():
        ElementTree.SubElement(root, name).text = text
    ElementTree.SubElement(root, "onfailure", action="restart", delay="2 sec")
    ElementTree.SubElement(root, "log", mode="roll")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
