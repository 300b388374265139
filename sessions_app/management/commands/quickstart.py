"""Everything in one process, for one computer: database, demo account, server, reaper and engine."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from channels.routing import get_default_application
from daphne.server import Server  # before anything of Twisted's: it chooses the reactor
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from sessions_app import backends, conf
from sessions_app.management.commands import purge_expired, reap_idle_sessions
from sessions_app.management.site import ADDRESS_FILE, DEMO_USERNAME
from sessions_app.voice.embedded import EmbeddedBackend

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator

    from sessions_app.conf import Conf
    from sessions_app.engine.models import Engine
    from sessions_app.voice.contract import Backend

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
HANDSHAKE_TIMEOUT_S = 5
MAX_MESSAGE_BYTES = 65_536  # twice the largest frame of the protocol
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHUTDOWN_S = 4.0  # for the open microphones to store their last words


class Command(BaseCommand):
    help = "Run Linnet on this computer: makes the database and a demo account, serves, and tidies up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0 takes a free one")

    def handle(self, *, port: int, **options: Any) -> None:
        unwanted = noting_signals()
        try:
            with listening(port) as listener:
                self._run(listener, conf.current(), unwanted)
        except KeyboardInterrupt:
            pass
        self.stdout.write("Linnet has stopped. What was said is kept; start it again at any time.")

    def _run(self, listener: socket.socket, settings: Conf, unwanted: threading.Event) -> None:
        url = f"http://{HOST}:{listener.getsockname()[1]}/"
        call_command("migrate", interactive=False, verbosity=0)
        login = demo_login(settings.demo_password)
        with announced(settings, url):
            self.stdout.write(f"\nLinnet is at {url}\n{login}\n")
            self.stdout.write(f"Listening: {backends.describe(settings)}.")
            self.stdout.write(f"To try it without a microphone: {command_line('stream_audio FILE')}")
            self.stdout.write("To stop: Ctrl-C\n\n")
            self.stdout.flush()
            self._load_models(settings)
            reap_every_s = max(reap_idle_sessions.MIN_LOOP_S, settings.idle_ttl_s // 2)
            serve(listener, reap_every_s=reap_every_s, unwanted=unwanted)
        close_engine(settings)

    def _load_models(self, settings: Conf) -> None:
        engine = engine_of(backends.choose(settings))
        if engine is not None:
            threading.Thread(target=self._load, args=(engine,), name="linnet-loading", daemon=True).start()

    def _load(self, engine: Engine) -> None:
        began_s = time.monotonic()
        self.stdout.write("The speech models are loading; you can log in meanwhile.")
        engine.load()
        took_s = time.monotonic() - began_s
        ready = (
            f"The speech models are ready ({took_s:.1f} s)." if engine.has_captions else "There will be no captions."
        )
        self.stdout.write("\n".join((ready, *engine.warnings)))
        self.stdout.flush()


def noting_signals() -> threading.Event:
    """Return what is set by the first Ctrl-C or SIGTERM until the server takes them; a second one interrupts.

    An exception instead would be lost where it meets a finalizer, and the server would start all the same.
    """
    noted = threading.Event()

    def note(*_: object) -> None:
        noted.set()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.default_int_handler)

    for number in STOP_SIGNALS:
        signal.signal(number, note)
    return noted


def close_engine(settings: Conf) -> None:
    """Drop the windows that wait, else leaving would wait until all are heard."""
    engine = engine_of(backends.local(settings))  # a voice service may have fallen back on it
    if engine is not None:
        engine.close()


def engine_of(backend: Backend) -> Engine | None:
    """Return the engine of this process if it is what listens."""
    return backend.engine if isinstance(backend, EmbeddedBackend) else None


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Give a socket on `port` of this computer. It listens at once, so that nobody else can take the port meanwhile."""
    try:
        listener = socket.create_server((HOST, port))
    except OverflowError as error:
        raise CommandError("--port must be a number from 0 to 65535.") from error
    except OSError as error:
        another = command_line(f"quickstart --port {port + 1 if port < 65535 else 8000}")
        raise CommandError(
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)}). Try another: {another}"
        ) from error
    with listener:
        yield listener


def command_line(command: str) -> str:
    """Return how to call `manage.py command` with the Python that runs now, to be copied from the terminal."""
    python = Path(sys.executable)
    is_here = python.is_relative_to(Path.cwd())
    return f"{python.relative_to(Path.cwd()) if is_here else python} manage.py {command}"


def demo_login(chosen_password: str) -> str:
    """Return how to log in. Makes the demo account when there is none, and shows its password this once."""
    users = get_user_model()._default_manager
    demo = users.filter(**{users.model.USERNAME_FIELD: DEMO_USERNAME}).first()
    if demo is None:
        password = chosen_password or secrets.token_urlsafe(9)
        users.create_user(DEMO_USERNAME, password=password)
        shown = "the one in LINNET_DEMO_PASSWORD" if chosen_password else f"{password}   (shown only now)"
        return f"Log in as {DEMO_USERNAME}, password: {shown}"
    forgotten = command_line(f"changepassword {DEMO_USERNAME}")
    if chosen_password and not demo.check_password(chosen_password):
        return f"Log in as {DEMO_USERNAME}. LINNET_DEMO_PASSWORD is not its password; to set another: {forgotten}"
    return f"Log in as {DEMO_USERNAME} with the password from the first start. Forgotten? {forgotten}"


@contextmanager
def announced(settings: Conf, url: str) -> Iterator[None]:
    """Let `stream_audio` know where this server is, for as long as it is there."""
    path = settings.data_dir / ADDRESS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = json.dumps({"url": url, "pid": os.getpid()})
    path.write_text(mine)
    try:
        yield
    finally:
        if path.exists() and path.read_text() == mine:  # another quickstart may have started since
            path.unlink()


class QuickServer(Server):  # type: ignore[misc]  # daphne publishes no types
    def kill_all_applications(self) -> Any:
        """Cancel every request and socket, and wait for them a little while.

        Daphne's own trips over connections that are kept alive between requests, and then waits for nobody.
        """
        applications = [details.get("application_instance") for details in self.connections.values()]
        running = [application for application in applications if application is not None]
        return Deferred.fromFuture(event_loop().create_task(_cancelled(running)))


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that Daphne has put under Twisted's reactor."""
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    return loop


def serve(listener: socket.socket, *, reap_every_s: float, unwanted: threading.Event) -> None:
    """Serve on `listener`, which is used up, until SIGINT or SIGTERM; reaper and purge work beside it.

    Nothing happens when somebody did not want it any more before it began.
    """
    server = QuickServer(
        application=get_default_application(),
        endpoints=[f"fd:fileno={listener.detach()}"],
        signal_handlers=False,  # Twisted's own end the process with the signal's code instead of 0
        websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_max_frame_size=MAX_MESSAGE_BYTES,
    )
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: reactor.callFromThread(server.stop))
    if unwanted.is_set():
        return
    reaper = event_loop().create_task(tidy_for_ever(reap_every_s), name="linnet-reaper")
    server.run()
    reaper.cancel()


async def _cancelled(running: list[asyncio.Future[Any]]) -> None:
    for application in running:
        application.cancel()
    if running:
        await asyncio.wait(running, timeout=SHUTDOWN_S)


async def tidy_for_ever(every_s: float) -> None:
    """End idle sessions and forget what is due, now and then. The passes are called from the server's event loop, in
    a thread: only so do their doorbells reach the viewers, for the in-memory channel layer belongs to that loop."""
    reaper, purge = reap_idle_sessions.Command(), purge_expired.Command()
    while True:
        await asyncio.sleep(every_s)
        await _tried(partial(reaper.reap_and_survive, conf.current().idle_ttl_s, dry_run=False))
        await _tried(partial(purge.purge_and_survive, dry_run=False))


async def _tried(one_pass: Callable[[], None]) -> None:
    """Make a pass. What goes wrong keeps neither the other one nor the next from its work."""
    try:
        await sync_to_async(one_pass, thread_sensitive=False)()
    except Exception:
        logger.exception("tidying up failed; it is tried again")
