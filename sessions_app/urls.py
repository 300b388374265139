"""The pages and JSON of Linnet. `docs/protocol.md` says what each answers."""

from __future__ import annotations

from django.urls import path

from sessions_app import readiness, sse, views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("sessions/<uuid:session_id>/end/", views.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/reopen/", views.session_reopen, name="session_reopen"),
    path("sessions/<uuid:session_id>/events/", views.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/stream/", sse.session_stream, name="session_stream"),
    path("sessions/<uuid:session_id>/export.<slug:fmt>", views.session_export, name="session_export"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
