"""System checks: each wrong combination of settings, and what to do about it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from sessions_app import conf
from sessions_app.engine.weights import AUTO, WeightsMissing, WeightsSpoiled, find_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.checks import CheckMessage

MIN_SQLITE = (3, 35, 0)  # RETURNING and UPDATE … FROM


@register()
def check_database_version(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    if connection.vendor != "sqlite":
        return []
    if sqlite3.sqlite_version_info >= MIN_SQLITE:
        return []
    return [
        Error(
            f"SQLite {sqlite3.sqlite_version} is too old; Linnet needs 3.35 or newer.",
            hint="Use a newer Python build, or PostgreSQL through DATABASE_URL.",
            id="linnet.E001",
        )
    ]


@register()
def check_voice_settings(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    settings_now = conf.current()
    found: list[CheckMessage] = []
    if settings_now.cf_voice_url and settings_now.cf_orch_url:
        found.append(
            Warning(
                "Both CF_VOICE_URL and CF_ORCH_URL are set; CF_VOICE_URL is used.",
                hint="Unset the one that you do not mean.",
                id="linnet.W001",
            )
        )
    return found


@register()
def check_speech_model(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Name a speech model that is asked for and not there; nobody needs one who listens elsewhere."""
    settings_now = conf.current()
    if settings_now.voice == "scripted" or settings_now.cf_voice_url or settings_now.asr_model == AUTO:
        return []
    try:
        find_weights(settings_now.asr_model)
    except (WeightsMissing, WeightsSpoiled) as error:
        return [Warning(f"LINNET_ASR_MODEL cannot be used: {error}", id="linnet.W004")]
    except ImportError:
        return [Warning("LINNET_ASR_MODEL is set, but the voice extra is not installed.", id="linnet.W004")]
    return []


@register(Tags.security, deploy=True)
def check_transport(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.INSECURE_HTTP and not settings.DEBUG:
        found.append(
            Warning(
                "LINNET_INSECURE_HTTP is on: passwords and captions travel unencrypted.",
                hint="Only for this computer or a private network. Unset it behind a proxy that speaks https.",
                id="linnet.W002",
            )
        )
    if not settings.IS_EMBEDDED and not settings.REDIS_URL:
        found.append(
            Warning(
                "DATABASE_URL is set without REDIS_URL: with more than one process, viewers learn of events late.",
                hint="Set REDIS_URL, or run a single process.",
                id="linnet.W003",
            )
        )
    return found
