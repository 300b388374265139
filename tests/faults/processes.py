"""Real processes to be killed: servers, Redis, the scripted classifier, each at an address of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.faults import logs
from tests.processes import PASSED_ON, ROOT, Installation

START_S = 60.0  # a machine that is busy with other tests
POLL_S = 0.05
SECRET_KEY = "only-for-the-fault-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG"
POSTGRES = "postgres://postgres@127.0.0.1:5432"

# As deploy/ starts it.
UVICORN = (
    "--ws-max-size", "65536", "--ws-max-queue", "16", "--ws-per-message-deflate", "false",
    "--timeout-graceful-shutdown", "10", "--lifespan", "off", "--no-access-log", "--log-level", "warning",
)  # fmt: skip
DAPHNE = ("--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536", "--verbosity", "0")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Process:
    """A process that can be killed and started again at the same address."""

    port: int

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def launch(self) -> None:
        logs.follow(self._log)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start and wait until it answers; for fixtures, which have no event loop."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        deadline_s = time.monotonic() + START_S
        while not self.answers():
            assert self.is_alive, self.said[-4000:]
            assert time.monotonic() < deadline_s, f"it did not start: {self.said[-4000:]}"
            time.sleep(POLL_S)

    async def astart(self) -> None:
        await asyncio.to_thread(self.start)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.is_alive:
            assert self._process is not None
            self._process.kill()
            self._process.wait()

    async def stop(self, signal_number: int = signal.SIGTERM) -> float:
        """Ask it to end, and return how many seconds that took."""
        assert self._process is not None
        began_s = time.monotonic()
        self._process.send_signal(signal_number)
        await asyncio.to_thread(self._process.wait, START_S)
        return time.monotonic() - began_s

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def rss_bytes(self) -> int:
        fields = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in fields if line.startswith("VmRSS"))


class Redis(Process):
    """A Redis that forgets everything when it ends."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.port = port or free_port()
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        super().__init__(["redis-server", *arguments, "--dir", str(folder)], _environment(), folder / "redis.log")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class HttpProcess(Process):
    path = "/healthz"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.path, timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


class ClassifierProcess(HttpProcess):
    """`tests.faults.classifier` in a process of its own."""

    path = "/health"

    def __init__(self, folder: Path, *, utterance_windows: int = 1) -> None:
        self.port = free_port()
        arguments = [sys.executable, "-m", "tests.faults.classifier", str(self.port), str(utterance_windows)]
        super().__init__(arguments, _environment(), folder / f"classifier-{self.port}.log")


class Server(HttpProcess):
    """One worker of Linnet."""

    def __init__(self, installation: Installation, kind: str = "uvicorn", **settings: str) -> None:
        self.port = free_port()
        self.kind = kind
        environment = installation.environment | settings
        super().__init__(
            _server_command(kind, self.port), environment, installation.data_dir / f"{kind}-{self.port}.log"
        )


def _server_command(kind: str, port: int) -> list[str]:
    address = ["linnet_site.asgi:application", "--port", str(port)]
    if kind == "daphne":
        return [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", *DAPHNE, *address]
    return [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", *UVICORN, *address]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


_PREPARE = """
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
client = Client()
client.force_login(get_user_model().objects.create_user("alice"))
print("cookie", client.cookies["sessionid"].value)
"""


class Prepared:
    """A migrated database with Alice in it, to be copied: migrating takes seconds."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        settings = {"DATABASE_URL": database_url} if database_url else {}
        self.installation = Installation(folder, **common_settings(), **settings)
        done = self.installation.manage("shell", "--no-imports", "--command", _PREPARE)
        assert done.returncode == 0, done.stderr
        self.cookie = done.stdout.split()[-1]


class World:
    """An installation in its own folder: database, settings, and Alice's cookie."""

    def __init__(self, folder: Path, prepared: Prepared, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.cookie = prepared.cookie
        self._processes: list[Process] = []
        self.installation = Installation(folder, **(common_settings() | self._database(prepared) | settings))

    def _database(self, prepared: Prepared) -> dict[str, str]:
        for source in prepared.installation.data_dir.glob("linnet.sqlite3*"):
            shutil.copy(source, self.folder / source.name)
        return {}

    def server(self, kind: str = "uvicorn", **settings: str) -> Server:
        """Return a server that is started and ends with this world."""
        [server] = self._start(Server(self.installation, kind, **settings))
        return server

    def two_servers(self) -> list[Server]:
        """Return two of them, started side by side."""
        return self._start(Server(self.installation), Server(self.installation))

    def _start(self, *servers: Server) -> list[Server]:
        self._processes += servers
        for server in servers:
            server.launch()
        for server in servers:
            server.wait()
        return list(servers)

    def manage(self, *arguments: object) -> str:
        done = self.installation.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return what the database holds, whatever state the servers are in."""
        connection = sqlite3.connect(self.folder / "linnet.sqlite3", timeout=20)
        try:
            return connection.execute(statement.replace("%s", "?"), parameters).fetchall()
        finally:
            connection.close()

    def session_key(self, session_id: str) -> str:
        """Return a session's id as this database writes it."""
        return uuid.UUID(session_id).hex

    def end(self) -> None:
        for process in self._processes:
            process.kill()


class PostgresWorld(World):
    """The same on a PostgreSQL database of its own."""

    def _database(self, prepared: Prepared) -> dict[str, str]:
        self.name = f"linnet_faults_{uuid.uuid4().hex[:12]}"
        self.cluster, _, template = prepared.installation.environment["DATABASE_URL"].rpartition("/")
        on_postgres(f"CREATE DATABASE {self.name} TEMPLATE {template}", cluster=self.cluster)
        return {"DATABASE_URL": f"{self.cluster}/{self.name}"}

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return on_postgres(statement, *parameters, database=self.name, cluster=self.cluster)

    def session_key(self, session_id: str) -> str:
        return session_id

    def cut_connections(self) -> int:
        """Terminate every connection to the database; return how many there were."""
        killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        return len(on_postgres(killed, self.name, cluster=self.cluster))

    def end(self) -> None:
        super().end()
        on_postgres(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", cluster=self.cluster)


def on_postgres(
    statement: str, *parameters: object, database: str = "postgres", cluster: str = POSTGRES
) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(f"{cluster}/{database}", autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


def common_settings() -> dict[str, str]:
    return {
        "SECRET_KEY": SECRET_KEY,
        "LINNET_INSECURE_HTTP": "1",
        "LINNET_VOICE": "",
        "LINNET_FALLBACK": "none",
        "LINNET_MAX_VIEWERS_PER_USER": "0",
        "LINNET_MAX_MICROPHONES_PER_USER": "0",
    }
