"""Who listens in this installation: the one place that chooses a voice back end."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sessions_app import allocations, conf
from sessions_app.engine.models import Engine
from sessions_app.per_loop import PerLoop
from sessions_app.voice.cf_orch import CfOrchBackend
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.fallback import FallbackBackend
from sessions_app.voice.scripted import ScriptedBackend

if TYPE_CHECKING:
    from sessions_app.conf import Conf
    from sessions_app.voice.contract import Backend


def choose(settings: Conf) -> Backend:
    """Return a new back end: a script if asked for, else CF_VOICE_URL, else a lease from CF_ORCH_URL, else our engine.

    A service has the embedded engine to fall back on unless LINNET_FALLBACK is none.
    """
    service = _service(settings)
    if service is None:
        return local(settings)
    return FallbackBackend(service, local(settings)) if settings.fallback == "embedded" else service


def _service(settings: Conf) -> Backend | None:
    """Return the voice service of the settings, if they name one."""
    if settings.voice:
        return None
    if settings.cf_voice_url:
        return CfVoiceBackend(settings.cf_voice_url, token=settings.cf_voice_token)
    if settings.cf_orch_url:
        return CfOrchBackend(allocations.coordinator(settings), allocations.Book(), voice_token=settings.cf_voice_token)
    return None


def local(settings: Conf, *, threads: int = 0) -> Backend:
    """Return a back end that needs no other machine; `threads` 0 means as configured."""
    if settings.voice == "scripted":
        return ScriptedBackend()
    return EmbeddedBackend(engine(settings.asr_model, threads or settings.engine_threads, settings.has_partials))


def describe(settings: Conf) -> str:
    """Return who listens, in words for a person."""
    if settings.voice == "scripted":
        return "a script (simulated: nobody listens)"
    if settings.cf_voice_url and not settings.voice:
        return f"the voice service at {settings.cf_voice_url}"
    if settings.cf_orch_url and not settings.voice:
        return f"a voice service leased from {settings.cf_orch_url}"
    return "the engine on this computer; no sound leaves it"


@cache
def engine(asr_model: str, threads: int, partials: bool) -> Engine:
    """Return the process's one engine: its models take 200 MB, and all event loops may share them."""
    return Engine(model=asr_model, threads=threads, partials=partials)


# Each event loop's back end: its connections belong to the loop, and all sessions of the loop share them.
current: PerLoop[Backend] = PerLoop(lambda: choose(conf.current()))
