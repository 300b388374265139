"""A session as a file to keep, and everything of a person as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404
from django.utils import timezone
from django.views.decorators.http import require_GET

from sessions_app import archive, exports
from sessions_app.exports import Options
from sessions_app.views.access import found, members_only
from sessions_app.views.streaming import StreamedFile

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponseBase

    from sessions_app.exports import Format


@require_GET
@members_only
def session_export(request: HttpRequest, session_id: uuid.UUID, fmt: str) -> HttpResponseBase:
    voice_session = found(request, session_id)
    if fmt not in exports.FORMATS:
        raise Http404
    export = exports.FORMATS[fmt]
    pieces = export.write(voice_session, _options(request, export))
    name = f"linnet-{voice_session.created_at:%Y-%m-%d}-{str(voice_session.pk)[:8]}.{fmt}"
    return StreamedFile((piece.encode() for piece in pieces), name=name, content_type=export.content_type)


@require_GET
@members_only
def everything(request: HttpRequest) -> HttpResponseBase:
    """All that is kept of the person who asks, as one zip."""
    name = f"linnet-{timezone.localdate():%Y-%m-%d}.zip"
    return StreamedFile(archive.everything_of(cast("User", request.user)), name=name, content_type="application/zip")


def _options(request: HttpRequest, export: Format) -> Options:
    def is_on(name: str, *, default: bool) -> bool:
        return {"1": True, "0": False}.get(request.GET.get(name, ""), default)

    return Options(
        elcor=is_on("elcor", default=False),
        tone=is_on("tone", default=export.has_tone),
        speakers=is_on("speakers", default=True),
        original=is_on("original", default=False),
        notes=is_on("notes", default=False),
    )
