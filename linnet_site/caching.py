"""What browsers and proxies may keep: nothing that depends on who asks, unless its view says so itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asgiref.sync import iscoroutinefunction
from django.utils.cache import add_never_cache_headers, has_vary_header
from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Answering = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def keep_nothing_private(get_response: Answering) -> Answering:
    """Stands around the sessions' middleware, which marks what depends on a cookie with `Vary`.

    Pages of libraries (addresses, devices, second steps) would stay in the browser's cache after a logout.
    """
    if iscoroutinefunction(get_response):

        async def answered_later(request: HttpRequest) -> HttpResponseBase:
            return _marked(await cast("Awaitable[HttpResponseBase]", get_response(request)))

        return answered_later

    def answered(request: HttpRequest) -> HttpResponseBase:
        return _marked(cast("HttpResponseBase", get_response(request)))

    return answered


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    if has_vary_header(response, "Cookie") and not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    return response
