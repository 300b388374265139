"""A PostgreSQL of one's own, to be restarted while Linnet uses it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.faults.processes import free_port

WAIT_S = 60


def find_bin() -> Path | None:
    """Return where PostgreSQL keeps `initdb` and `pg_ctl`; Debian has it outside PATH."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = newest[-1] if newest else shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresCluster:
    """A cluster in a folder of its own. It runs as `postgres` when we are root, for PostgreSQL refuses root."""

    def __init__(self) -> None:
        self._bin = find_bin()
        self._folder = Path(tempfile.mkdtemp(prefix="linnet-cluster-"))
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        self._run("initdb", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        self._control("start")

    def restart(self, mode: str) -> None:
        """Restart: `fast` throws everybody out, `immediate` is a crash that recovers from the journal."""
        self._control("restart", "--mode", mode)

    def stop(self, mode: str) -> None:
        self._control("stop", "--mode", mode)

    def start_again(self) -> None:
        self._control("start")

    def end(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder)

    def _control(self, *arguments: str) -> None:
        listen = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "--wait", "--timeout", str(WAIT_S), "--log", log, "--options", listen, *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        assert self._bin is not None
        command = [str(self._bin / program), "--pgdata", str(self._folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]
        done = subprocess.run(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=WAIT_S + 10
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]
