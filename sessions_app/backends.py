"""Who listens in this installation: the one place that chooses a voice back end."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sessions_app import conf
from sessions_app.engine.models import Engine
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.scripted import ScriptedBackend

if TYPE_CHECKING:
    from sessions_app.conf import Conf
    from sessions_app.voice.contract import Backend

_backends: WeakKeyDictionary[asyncio.AbstractEventLoop, Backend] = WeakKeyDictionary()


def current() -> Backend:
    """Return the back end of the running event loop; its connections and models are shared by all sessions."""
    loop = asyncio.get_running_loop()
    if loop not in _backends:
        _backends[loop] = choose(conf.current())
    return _backends[loop]


def choose(settings: Conf) -> Backend:
    """Return a new back end for `settings`: a script if asked for, else CF_VOICE_URL, else the embedded engine."""
    if settings.cf_voice_url and not settings.voice:
        return CfVoiceBackend(settings.cf_voice_url, token=settings.cf_voice_token)
    return local(settings)


def local(settings: Conf, *, threads: int = 0) -> Backend:
    """Return a back end that needs no other machine, ready to load its models; `threads` 0 means as configured."""
    if settings.voice == "scripted":
        return ScriptedBackend()
    backend = EmbeddedBackend(engine(settings.asr_model, threads or settings.engine_threads, settings.has_partials))
    backend.start()
    return backend


def describe(settings: Conf) -> str:
    """Return who listens, in words for a person."""
    if settings.voice == "scripted":
        return "a script (simulated: nobody listens)"
    if settings.cf_voice_url and not settings.voice:
        return f"the voice service at {settings.cf_voice_url}"
    return "the engine on this computer; no sound leaves it"


@cache
def engine(asr_model: str, threads: int, partials: bool) -> Engine:
    """Return the process's one engine: its models take 200 MB, and all event loops may share them."""
    return Engine(model=asr_model, threads=threads, partials=partials)
