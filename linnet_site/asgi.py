"""The one ASGI application: `daphne linnet_site.asgi:application`, or any other ASGI server."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linnet_site.settings")
http_application = get_asgi_application()  # before anything that imports models

from sessions_app.routing import websocket_urlpatterns  # noqa: E402

if TYPE_CHECKING:
    from urllib.parse import ParseResult


class BrowserOriginValidator(OriginValidator):  # type: ignore[misc]  # channels publishes no types
    """Refuses pages of other sites. Programs send no origin, and need not: no browser leaves it out."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Refuse an origin that is none, too: the original would break over it."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        is_readable = all(map(_is_address, origins))
        return await (super().__call__ if is_readable else WebsocketDenier())(scope, receive, send)

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or bool(super().valid_origin(parsed_origin))


def _is_address(origin: bytes) -> bool:
    try:
        _ = urlsplit(origin.decode("latin-1")).port
    except ValueError:
        return False
    return True


application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": BrowserOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.ALLOWED_HOSTS
        ),
    }
)

# A search for cycles through all that hundreds of sockets hold stops the loop for a quarter of a second, and with
# Python's own thresholds comes every few seconds. What is loaded by now stays; what sockets drop is seldom cyclic.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 100)
