"""A typed view of the settings that Linnet adds; the only reader of `django.conf.settings` in the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

HEARTBEAT_S = 15.0  # presence, lease and state are written and re-read this often
SOCKET_SILENCE_S = 35.0  # a peer that says nothing for this long is gone (PROTOCOL: 4408)


@dataclass(frozen=True, slots=True)
class Conf:
    data_dir: Path
    idle_ttl_s: float
    undo_s: float
    metrics_token: str
    metrics_allow: tuple[IPv4Network | IPv6Network, ...]
    voice: str
    cf_voice_url: str
    cf_voice_token: str
    cf_orch_url: str
    cf_orch_key: str
    cf_orch_allocate_timeout_s: float
    cf_orch_model_candidates: tuple[str, ...]
    fallback: str
    asr_model: str
    engine_threads: int
    has_partials: bool
    max_microphones_per_user: int
    max_viewers_per_user: int
    demo_password: str
    is_signup_open: bool


def current() -> Conf:
    """Return the settings as they are now (tests change them)."""
    return Conf(
        data_dir=settings.DATA_DIR,
        idle_ttl_s=settings.SESSION_IDLE_TTL_S,
        undo_s=settings.LINNET_UNDO_S,
        metrics_token=settings.LINNET_METRICS_TOKEN,
        metrics_allow=tuple(settings.LINNET_METRICS_ALLOW),
        voice=settings.LINNET_VOICE,
        cf_voice_url=settings.CF_VOICE_URL,
        cf_voice_token=settings.CF_VOICE_TOKEN,
        cf_orch_url=settings.CF_ORCH_URL,
        cf_orch_key=settings.CF_ORCH_KEY,
        cf_orch_allocate_timeout_s=settings.CF_ORCH_ALLOCATE_TIMEOUT_S,
        cf_orch_model_candidates=tuple(settings.CF_ORCH_MODEL_CANDIDATES),
        fallback=settings.LINNET_FALLBACK,
        asr_model=settings.LINNET_ASR_MODEL,
        engine_threads=settings.LINNET_ENGINE_THREADS,
        has_partials=settings.LINNET_PARTIALS,
        max_microphones_per_user=settings.LINNET_MAX_MICROPHONES_PER_USER,
        max_viewers_per_user=settings.LINNET_MAX_VIEWERS_PER_USER,
        demo_password=settings.LINNET_DEMO_PASSWORD,
        is_signup_open=settings.LINNET_SIGNUP_OPEN,
    )
