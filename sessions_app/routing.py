"""Which socket lives where; whatever else is asked for is refused."""

from __future__ import annotations

from django.urls import path, re_path

from sessions_app.consumers import AudioConsumer, LiveConsumer, Nowhere

websocket_urlpatterns = [
    path("ws/sessions/<uuid:session_id>/audio/", AudioConsumer.as_asgi()),
    path("ws/sessions/<uuid:session_id>/live/", LiveConsumer.as_asgi()),
    re_path(r"", Nowhere.as_asgi()),
]
