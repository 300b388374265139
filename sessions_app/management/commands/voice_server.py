"""The embedded engine for other machines, behind the cf-voice contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from django.core.management.base import BaseCommand, CommandError

from sessions_app import backends, conf
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.server import VoiceServer

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from sessions_app.voice.contract import Backend


class Command(BaseCommand):
    help = "Serve the embedded engine to other Linnets: set their CF_VOICE_URL to this address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: this computer only")
        parser.add_argument("--port", type=int, default=8009)
        parser.add_argument("--workers", type=int, default=0, help="listening threads; default: LINNET_ENGINE_THREADS")

    def handle(self, *, host: str, port: int, workers: int, **options: Any) -> None:
        if workers < 0:
            raise CommandError("--workers must be 0 (choose for me) or more.")
        token = conf.current().cf_voice_token
        if not token and host not in {"127.0.0.1", "::1", "localhost"}:
            self.stderr.write("Anybody who reaches this port may use it: set CF_VOICE_TOKEN here and there.")
        application = VoiceServer(self.backend(workers), token=token).application()
        self.stdout.write(f"Listening for sound on http://{host}:{port} (Ctrl-C ends it).")
        try:
            web.run_app(application, host=host, port=port, print=None, access_log=None)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error

    def backend(self, workers: int) -> Backend:
        """Return what this installation would listen with if it had no voice service, its models loading."""
        backend = backends.local(conf.current(), threads=workers)
        if isinstance(backend, EmbeddedBackend):
            backend.start()
        return backend
