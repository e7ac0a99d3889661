"""tremble service: run Tremble as a service of this machine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from tremble import config
from tremble.cli import service_files
from tremble.cli.options import Dir
from tremble.cli.service_files import Service
from tremble.errors import ConfigError, TrembleError

app = App(name="service", help="Run Tremble as a service of this machine.")

Manager = Literal["systemd", "launchd", "windows"]
Name = Annotated[str, Parameter(help="Name of the service; one for each data directory.")]
User = Annotated[
    bool, Parameter(name="--user", negative=(), help="For this user alone, without root.")
]
Kind = Annotated[
    Manager | None, Parameter(name="--manager", help="What runs services here (found by itself).")
]
Root = Annotated[
    Path | None,
    Parameter(help="Write under this directory instead of /, and call nothing: for packages."),
]
#: Where a service of the system keeps its data, by name, unless --dir or TREMBLE_DIR says otherwise.
STATE = Path("/var/lib")


@app.command
def install(
    *,
    name: Name = "tremble",
    user: User = False,
    run_as: Annotated[str, Parameter(help="Account of the service; made if missing.")] = "tremble",
    start: Annotated[bool, Parameter(help="Start it now and at each boot.")] = True,
    show: Annotated[
        bool, Parameter(name="--print", negative=(), help="Only print the file.")
    ] = False,
    manager: Kind = None,
    root: Root = None,
    directory: Dir = None,
) -> None:
    """Write the definition of a service that runs `tremble up`, and start it.

    Example: tremble service install --dir /var/lib/tremble
    """
    found = described(name, user, run_as, directory)
    kind = manager or manager_here()
    text = definition(kind, found)
    if show:
        print(text, end="")
        return
    path = (root or Path("/")) / file_of(kind, name, user).relative_to("/")
    called = root is None
    if called:
        prepare(found)
    write(path, text)
    print(f"wrote {path}")
    if called:
        for command in start_commands(kind, name, user, path) if start else []:
            call(command)
        told(kind, found, path, start)


@app.command
def uninstall(
    *, name: Name = "tremble", user: User = False, manager: Kind = None, root: Root = None
) -> None:
    """Stop the service and remove its definition; the data stays.

    Example: tremble service uninstall
    """
    kind = manager or manager_here()
    path = (root or Path("/")) / file_of(kind, name, user).relative_to("/")
    if not path.exists():
        raise TrembleError(f"{path}: there is no such service")
    if root is None:
        for command in stop_commands(kind, name, user, path):
            call(command)
    path.unlink()
    print(f"removed {path}; the data is where it was")


@app.command
def status(*, name: Name = "tremble", user: User = False, manager: Kind = None) -> None:
    """Tell what the service manager knows of the service; exit code 0 if it runs.

    Example: tremble service status
    """
    kind = manager or manager_here()
    path = file_of(kind, name, user)
    if not path.exists():
        print(f"not installed: there is no {path}")
        sys.exit(1)
    print(f"installed: {path}", flush=True)
    if kind == "systemd":
        if not managed():
            print("systemd does not run this machine: the service starts at its next boot")
            sys.exit(1)
        sys.exit(
            subprocess.run([*systemctl(user), "--no-pager", "status", f"{name}.service"]).returncode
        )
    if kind == "launchd":
        sys.exit(subprocess.run(["launchctl", "list", f"tremble.{name}"]).returncode)
    sys.exit(subprocess.run(["sc.exe", "query", name]).returncode)


def described(name: str, user: bool, run_as: str, directory: str | None) -> Service:
    """Return the service of these options. Raises ConfigError."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", name):
        raise ConfigError(f"--name {name!r}: small letters, digits and - only, a letter first")
    given = directory or os.environ.get("TREMBLE_DIR")
    path = config.data_directory(given, os.environ) if given or user else STATE / name
    drain_s = config.load(path).settings.server.drain_s if path.is_dir() else 0.0
    return Service(name, program(), path, "" if user else run_as, drain_s)


def program() -> list[str]:
    """Return the words that start this very Tremble."""
    script = Path(sys.argv[0]).absolute()
    if script.suffix != ".py" and os.access(script, os.X_OK):
        return [str(script)]
    return [sys.executable, "-m", "tremble"]


def manager_here() -> Manager:
    """Return what runs services on this kind of system."""
    known: dict[str, Manager] = {"darwin": "launchd", "win32": "windows"}
    return known.get(sys.platform, "systemd")


def managed() -> bool:
    """Say whether systemd runs this machine, as sd_booted(3) does."""
    return Path("/run/systemd/system").is_dir()


def definition(kind: Manager, service: Service) -> str:
    """Return the text of the file that defines *service*."""
    if kind == "launchd":
        return service_files.launchd(service).decode()
    return service_files.systemd(service) if kind == "systemd" else service_files.windows(service)


def file_of(kind: Manager, name: str, user: bool) -> Path:
    """Return where that file belongs."""
    if kind == "systemd":
        folder = Path.home() / ".config/systemd/user" if user else Path("/etc/systemd/system")
        return folder / f"{name}.service"
    if kind == "launchd":
        folder = Path.home() / "Library/LaunchAgents" if user else Path("/Library/LaunchDaemons")
        return folder / f"tremble.{name}.plist"
    return Path.home().absolute() / f"{name}-service.xml"


def prepare(service: Service) -> None:
    """Make the account and the data directory of *service*. Raises ConfigError."""
    if sys.platform == "linux" and service.account:
        import pwd

        if os.geteuid() != 0:
            raise ConfigError("a service of the system needs root: sudo, or --user")
        try:
            pwd.getpwnam(service.account)
        except KeyError:
            home = str(service.directory)
            words = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home]
            call([*words, "--shell", "/usr/sbin/nologin", service.account])
    new = not service.directory.exists()
    try:
        (service.directory / "logs").mkdir(parents=True, exist_ok=True)
        if service.account and sys.platform != "win32":
            if new:
                for path in (service.directory, service.directory / "logs"):
                    shutil.chown(path, service.account, service.account)
                service.directory.chmod(0o750)
            elif service.directory.owner() != service.account:
                # Not done for them: what else lies there may not be theirs to have.
                whose = f"{service.account}:{service.account}"
                raise ConfigError(
                    f"{service.directory} belongs to {service.directory.owner()}: "
                    f"chown -R {whose} {service.directory}, or choose --run-as"
                )
    except OSError as error:
        raise ConfigError(f"{error.filename or service.directory}: {error.strerror}") from None


def write(path: Path, text: str) -> None:
    """Write the definition. Raises ConfigError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; use sudo, or --user") from None


def systemctl(user: bool) -> list[str]:
    return ["systemctl", "--user"] if user else ["systemctl"]


def start_commands(kind: Manager, name: str, user: bool, path: Path) -> list[list[str]]:
    """Return what starts the service now and at each boot."""
    if kind == "systemd":
        if not managed():
            return []
        return [[*systemctl(user), "daemon-reload"], [*systemctl(user), "enable", "--now", name]]
    return [["launchctl", "load", "-w", str(path)]] if kind == "launchd" else []


def stop_commands(kind: Manager, name: str, user: bool, path: Path) -> list[list[str]]:
    """Return what stops the service for good."""
    if kind == "systemd":
        return [[*systemctl(user), "disable", "--now", name]] if managed() else []
    return [["launchctl", "unload", "-w", str(path)]] if kind == "launchd" else []


def call(command: list[str]) -> None:
    """Run *command*. Raises TrembleError if it fails."""
    try:
        code = subprocess.run(command).returncode
    except OSError as error:
        raise TrembleError(f"{command[0]}: {error.strerror}") from None
    if code:
        raise TrembleError(f"{' '.join(command)}: exit code {code}")


def told(kind: Manager, service: Service, path: Path, start: bool) -> None:
    """Say what comes next."""
    if kind == "windows":
        print(f"put WinSW beside it as {path.stem}.exe and run: {path.stem}.exe install")
    elif kind == "systemd" and not managed():
        print("systemd does not run this machine: the service starts at its next boot, if enabled")
    elif start:
        print(f"it runs; data in {service.directory}; tremble status --dir {service.directory}")
