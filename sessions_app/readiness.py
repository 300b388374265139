"""Whether this process is alive, and whether it can do its work: database, channel layer, voice back end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sessions_app import backends, database_threads, draining, journal

if TYPE_CHECKING:
    from django.http import HttpRequest

PROBE_TIMEOUT_S = 4.0


@require_GET
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok", "service": "linnet"})


@require_GET
@never_cache
async def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 or 503 with one line each, in plain text. A process that ends sends new people elsewhere: 503."""
    found = await problems()
    if draining.current().is_draining:
        found["process"] = "is draining"
    text = "".join(f"{name}: {problem or 'ok'}\n" for name, problem in found.items())
    status = 503 if any(found.values()) else 200
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


async def problems() -> dict[str, str]:
    """Return what is wrong with each thing that Linnet stands on; "" when nothing is."""
    return {
        "database": await _problem_of_database(),
        "channel layer": await _problem_of_layer(),
        "voice": await _problem_of_voice(),
    }


async def _problem_of_database() -> str:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            is_read_only = await database_threads.read(_ask_database)
    except (DatabaseError, TimeoutError) as error:
        return f"does not answer ({type(error).__name__})"
    if is_read_only:
        return "can only be read"
    return "does not take what is to be stored" if journal.current().is_stalled else ""


def _ask_database() -> bool:
    """Return whether it refuses to write, as PostgreSQL's standby does until it is promoted; a full disk answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sessions_app_voicesession LIMIT 1")
        if connection.vendor != "postgresql":
            return False
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


async def _problem_of_layer() -> str:
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await layer.group_send("readiness", {"type": "readiness"})
    except Exception as error:  # every layer has its own
        return f"does not answer ({type(error).__name__})"
    return ""


async def _problem_of_voice() -> str:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            status = await backends.current().status()
    except TimeoutError:
        return "does not answer (TimeoutError)"
    return status.status if status.status in {"unavailable", "loading"} else ""
