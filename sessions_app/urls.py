"""The pages and JSON of Linnet. `docs/protocol.md` says what each answers."""

from __future__ import annotations

from django.urls import path

from sessions_app import readiness, sse
from sessions_app.views import dashboard, exports, session

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("sessions/", dashboard.sessions, name="sessions"),
    path("sessions/<uuid:session_id>/", session.session, name="session"),
    path("sessions/<uuid:session_id>/end/", session.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/reopen/", session.session_reopen, name="session_reopen"),
    path("sessions/<uuid:session_id>/events/", session.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/stream/", sse.session_stream, name="session_stream"),
    path("sessions/<uuid:session_id>/export.<slug:fmt>", exports.session_export, name="session_export"),
    path("healthz", readiness.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
