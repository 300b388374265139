"""A microphone made of sound files: try Linnet, or caption a recording, without speaking into anything."""

from __future__ import annotations

import asyncio
import getpass
import json
import signal
import sys
import uuid
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from sessions_app import conf
from sessions_app.audio import files
from sessions_app.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_from_samples, samples_in
from sessions_app.lines import timecode
from sessions_app.management.captions import Captions, ProgressBar
from sessions_app.management.site import ADDRESS_FILE, DEMO_USERNAME, Failure, Site
from sessions_app.management.streaming import FRAME_SAMPLES, Microphone
from sessions_app.management.viewing import Viewer
from sessions_app.models import State

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

T = TypeVar("T")

NOT_RUNNING = "Linnet does not run on this computer. Start it with: make run   (or say where it is: --url)"
NO_DEMO = "There is no account demo in this computer's database. `make run` makes one; --user logs in as another."
PAUSE = bytes(SAMPLE_RATE_HZ * BYTES_PER_SAMPLE)  # a second of silence between two files
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
LOGIN_S = 24 * 3600
LAST_EVENTS_S = 10.0
TICK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for."""

    title: str
    session_id: str | None
    is_fast: bool
    elcor: bool


class Command(BaseCommand):
    help = "Stream sound files into a session as if they were spoken into a microphone, and show the captions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="+", type=Path, help="WAV; with PyAV installed nearly anything")
        parser.add_argument("--url", help="where Linnet is; default: the quickstart on this computer")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--local", action="store_true", help="come in as demo by this computer's database (default)")
        who.add_argument("--user", help="log in as this user instead")
        parser.add_argument("--password", help="asked for when left out")
        parser.add_argument("--session", type=uuid.UUID, metavar="UUID", help="go on in this session; it is not ended")
        parser.add_argument("--fast", action="store_true", help="as fast as the listener can, not in real time")
        parser.add_argument("--elcor", action="store_true", help="say the tone before the words")

    def handle(self, *, file: list[Path], url: str | None, user: str | None, **options: Any) -> None:
        wish = Wish(
            title=", ".join(path.stem for path in file)[:200],
            session_id=str(options["session"]) if options["session"] else None,
            is_fast=options["fast"],
            elcor=options["elcor"],
        )
        try:
            sounds = [files.read(path) for path in file]
            url = url or quickstart_url()
            if user:
                login = (user, options["password"] or asked_password(user))
                code = asyncio.run(self._visit(url, sounds, wish, login=login))
            else:
                with demo_cookies() as cookies:
                    code = asyncio.run(self._visit(url, sounds, wish, cookies=cookies))
        except (Failure, files.UnreadableSound) as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)

    async def _visit(
        self,
        url: str,
        sounds: Sequence[bytes],
        wish: Wish,
        *,
        cookies: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> int:
        """Return the exit code."""
        async with AsyncExitStack() as leaving:
            site = await leaving.enter_async_context(Site(url, cookies=cookies))
            if login is not None:
                await site.log_in(*login)
                leaving.push_async_callback(_politely, site.log_out)
            session_id = wish.session_id
            if session_id is None:
                session_id = await site.start(title=wish.title, elcor=wish.elcor)
                leaving.push_async_callback(_politely, site.end, session_id)
            return await self._stream(site, session_id, sounds, wish)

    async def _stream(self, site: Site, session_id: str, sounds: Sequence[bytes], wish: Wish) -> int:
        facts = await site.session(session_id)
        page = site.page_of(session_id)
        if facts.state == State.STOPPED:
            raise Failure(f"That session has ended. Its page can continue it: {page}")
        screen = Screen(self, ProgressBar(sys.stderr, total_s=_duration_s(sounds)), elcor=wish.elcor)
        screen.line(f"Watch it live: {page}")
        microphone = Microphone(site, session_id, frames_of(sounds), is_fast=wish.is_fast, tell=screen.note)
        viewer = Viewer(site, session_id, after=facts.last_seq, show=screen.captions.tell)
        companions = [asyncio.create_task(viewer.run()), asyncio.create_task(screen.keep_up_with(microphone))]
        try:
            with stopping_at_signals(microphone) as exit_code:
                await unless_ended(microphone.run(), *companions)
                last_seq = (await site.session(session_id)).last_seq
                if not await unless_ended(viewer.has_seen(last_seq, timeout_s=LAST_EVENTS_S), *companions):
                    raise Failure(f"The last captions did not arrive. They are on the page: {page}")
        finally:
            await _cancel(companions)
            screen.finish()
        gap_ms, events = screen.captions.gap_ms, last_seq - facts.last_seq
        left_out = f"{gap_ms / 1000:.1f} s were not heard" if gap_ms else "nothing was left out"
        streamed = timecode(ms_from_samples(microphone.streamed_samples))
        screen.line(f"{streamed} of sound, {events} events; {left_out}.\nRead it again: {page}")
        return exit_code()


class Screen:
    """The terminal: captions on stdout, and on stderr the bar and what people should know."""

    def __init__(self, command: BaseCommand, bar: ProgressBar, *, elcor: bool) -> None:
        self.captions = Captions(self.line, elcor=elcor)
        self._command = command
        self._bar = bar

    def line(self, text: str) -> None:
        self._bar.erase()
        self._command.stdout.write(text)
        self._command.stdout.flush()

    def note(self, text: str) -> None:
        self._bar.erase()
        self._command.stderr.write(text, self._command.style.WARNING)

    async def keep_up_with(self, microphone: Microphone) -> None:
        """Draw, and give up waiting for tones, until cancelled."""
        while True:
            self.captions.tick()
            self._bar.draw(microphone.streamed_samples / SAMPLE_RATE_HZ)
            await asyncio.sleep(TICK_S)

    def finish(self) -> None:
        self.captions.flush()
        self._bar.erase()


def frames_of(sounds: Sequence[bytes]) -> Iterator[bytes]:
    """Yield 100 ms after 100 ms of every sound, with a second of silence between two."""
    frame_bytes = FRAME_SAMPLES * BYTES_PER_SAMPLE
    for number, sound in enumerate(sounds):
        for piece in (PAUSE, sound) if number else (sound,):
            yield from (piece[at : at + frame_bytes] for at in range(0, len(piece), frame_bytes))


def _duration_s(sounds: Sequence[bytes]) -> float:
    return sum(samples_in(sound) for sound in sounds) / SAMPLE_RATE_HZ + len(sounds) - 1


def quickstart_url() -> str:
    """Return where this computer's quickstart serves. Raises `Failure` when there is none."""
    try:
        return str(json.loads((conf.current().data_dir / ADDRESS_FILE).read_text())["url"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(NOT_RUNNING) from error


def asked_password(user: str) -> str:
    if not sys.stdin.isatty():
        raise Failure("Say the password with --password: there is no terminal to ask at.")
    return getpass.getpass(f"Password of {user}: ")


@contextmanager
def demo_cookies() -> Iterator[dict[str, str]]:
    """Log the demo account in through the database, and out again. Raises `Failure` when there is none."""
    users = auth.get_user_model()._default_manager
    try:
        demo = users.filter(**{users.model.USERNAME_FIELD: DEMO_USERNAME}, is_active=True).first()
        if demo is None:
            raise Failure(NO_DEMO)
        login = SessionStore()
        login[auth.SESSION_KEY] = str(demo.pk)
        login[auth.BACKEND_SESSION_KEY] = MODEL_BACKEND
        login[auth.HASH_SESSION_KEY] = demo.get_session_auth_hash()
        login.set_expiry(LOGIN_S)
        login.create()
    except DatabaseError as error:
        raise Failure(NO_DEMO) from error
    try:
        yield {"sessionid": str(login.session_key)}
    finally:
        login.delete()


@contextmanager
def stopping_at_signals(microphone: Microphone) -> Iterator[Callable[[], int]]:
    """Let the first Ctrl-C or SIGTERM end the sound politely; another one ends the program as ever.

    Gives a function that returns the exit code: what a shell expects after a signal, or 0.
    """
    loop, received = asyncio.get_running_loop(), [0]

    def stop(number: int) -> None:
        received[0] = 128 + number
        loop.remove_signal_handler(number)
        microphone.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        yield lambda: received[0]
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def unless_ended(work: Awaitable[T], *companions: asyncio.Task[None]) -> T:
    """Return what `work` returns. Raises what ends a companion before that."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task, *companions}, return_when=asyncio.FIRST_COMPLETED)
        for companion in done - {task}:
            companion.result()
        return await task
    finally:
        task.cancel()


async def _politely(farewell: Callable[..., Awaitable[None]], *args: str) -> None:
    """Leave; if that fails, whatever went wrong before matters more, and the server tidies up by itself."""
    with suppress(Failure):
        await farewell(*args)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
