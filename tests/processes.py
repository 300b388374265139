"""Linnet as people start it: `manage.py` in processes of its own, far from the settings of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0  # a machine that is busy with other tests
STOP_S = 20.0
PASSED_ON = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "PYTHONDEVMODE")


class Installation:
    """One data directory, and what is run on it."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.data_dir = data_dir
        self.environment = passed_on | {"LINNET_DATA_DIR": str(data_dir), "LINNET_VOICE": "scripted"} | settings

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments: object, timeout_s: float = 90.0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments)
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def quickstart(self, port: int = 0) -> Quickstart:
        return Quickstart(self, port)

    def ask(self, code: str) -> str:
        """Return what `code` prints in the installation's Django shell."""
        return self.manage("shell", "--no-imports", "--command", code).stdout.strip()


class Quickstart:
    """A running quickstart; a context manager that leaves no process behind."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.process = installation.start("quickstart", "--port", port)
        self._address = installation.data_dir / "quickstart.json"

    def __enter__(self) -> Quickstart:
        deadline_s = time.monotonic() + START_S
        while not self._is_announced():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline_s, "quickstart did not start"
            time.sleep(0.05)
        self.url = json.loads(self._address.read_text())["url"]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self, signal_number: int) -> tuple[int, str]:
        """Send a signal; return the exit code and everything it said."""
        self.process.send_signal(signal_number)
        stdout, stderr = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, stdout + stderr

    def _is_announced(self) -> bool:
        """Return whether this process, not an earlier one, has said where it is."""
        return self._address.exists() and f'"pid": {self.process.pid}' in self._address.read_text()
