"""A backup asked for by command: another process makes it, so the game waits for nothing."""

import subprocess
import sys
import threading
from pathlib import Path

from tremble.log import logger

log = logger("backup")

#: Seconds that a backup may take.
TIMEOUT = 3600.0


class Backup:
    """Backs up *directory*, one backup at a time."""

    def __init__(self, directory: Path) -> None:
        self.command = [
            sys.executable,
            "-m",
            "tremble",
            "backup",
            "create",
            "--dir",
            str(directory),
        ]
        self._running = threading.Lock()

    def begin(self) -> bool:
        """Begin a backup; False if one is being made."""
        if not self._running.acquire(blocking=False):
            return False
        threading.Thread(target=self._run, name="backup", daemon=True).start()
        return True

    def _run(self) -> None:
        try:
            made = subprocess.run(
                self.command,
                input="",  # no DEVNULL: an empty root has no /dev
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
            )
            if made.returncode:
                log.error("backup failed", why=made.stderr.strip()[-500:])
            else:
                log.info("backup made", what=made.stdout.strip())
        except (OSError, subprocess.SubprocessError) as error:
            log.error("backup failed", why=str(error))
        finally:
            self._running.release()
