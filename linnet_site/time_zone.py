"""Whose clock the pages go by: the reader's, as the browser says in a cookie; without one the server's."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

COOKIE = "time_zone"  # static/js/lib/time_zone.js writes it
FALLBACK = "UTC"
_LOCALTIME, _TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


def known(name: str) -> ZoneInfo | None:
    """Return the time zone called `name`, such as Europe/Zurich; None when there is none."""
    if len(name) > 64 or not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there, not a zone, a folder of zones
        return None


def of_this_computer() -> str:
    """Return the name of the time zone that this computer is set to; UTC when it says none that is known."""
    names = (os.environ.get("TZ", "").removeprefix(":"), _linked(_LOCALTIME), _written(_TIMEZONE))
    return next((name for name in names if known(name)), FALLBACK)


@sync_and_async_middleware
def reader_time_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Answer each request in the reader's time zone. A cookie that names none is as good as none."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            with _zone_of(request):
                return await get_response(request)  # type: ignore[no-any-return]  # a coroutine function

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        with _zone_of(request):
            return get_response(request)

    return answer


def _zone_of(request: HttpRequest) -> AbstractContextManager[object]:
    zone = known(unquote(request.COOKIES.get(COOKIE, "")))
    return timezone.override(zone) if zone else nullcontext()


def _linked(path: Path) -> str:
    """Return the name of the zone that `path` is a link to; "" when it is none."""
    _, found, name = os.path.realpath(path).partition("/zoneinfo/")
    return name if found else ""


def _written(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
