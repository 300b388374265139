"""A session as a file to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.http import Http404, StreamingHttpResponse
from django.views.decorators.http import require_GET

from sessions_app import exports
from sessions_app.views.access import found, members_only

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponseBase


@require_GET
@members_only
def session_export(request: HttpRequest, session_id: uuid.UUID, fmt: str) -> HttpResponseBase:
    voice_session = found(request, session_id)
    if fmt not in exports.FORMATS:
        raise Http404
    export = exports.FORMATS[fmt]
    elcor = request.GET.get("elcor") == "1"
    response = StreamingHttpResponse(export.write(voice_session, elcor), content_type=export.content_type)
    name = quote(f"linnet-{voice_session.created_at:%Y-%m-%d}-{str(voice_session.pk)[:8]}.{fmt}")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
