"""The pages and JSON of Linnet. `docs/protocol.md` says what each answers."""

from __future__ import annotations

from django.urls import path

from sessions_app import readiness, sse
from sessions_app.views import dashboard, editing, exports, session

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("sessions/", dashboard.sessions, name="sessions"),
    path("sessions/<uuid:session_id>/", session.session, name="session"),
    path("sessions/<uuid:session_id>/end/", session.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/reopen/", session.session_reopen, name="session_reopen"),
    path("sessions/<uuid:session_id>/lines/<int:seq>/words/", editing.line_words, name="session_line_words"),
    path("sessions/<uuid:session_id>/lines/<int:seq>/speaker/", editing.line_speaker, name="session_line_speaker"),
    path("sessions/<uuid:session_id>/lines/<int:seq>/remove/", editing.line_remove, name="session_line_remove"),
    path("sessions/<uuid:session_id>/speakers/name/", editing.speaker_name, name="session_speaker_name"),
    path("sessions/<uuid:session_id>/speakers/merge/", editing.speaker_merge, name="session_speaker_merge"),
    path("sessions/<uuid:session_id>/title/", editing.title, name="session_title"),
    path("sessions/<uuid:session_id>/notes/", editing.notes, name="session_notes"),
    path("sessions/<uuid:session_id>/notes/<int:note_id>/", editing.note, name="session_note"),
    path("sessions/<uuid:session_id>/notes/<int:note_id>/remove/", editing.note_remove, name="session_note_remove"),
    path("sessions/<uuid:session_id>/off-record/", editing.off_the_record, name="session_off_record"),
    path("sessions/<uuid:session_id>/events/", session.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/stream/", sse.session_stream, name="session_stream"),
    path("sessions/<uuid:session_id>/export.<slug:fmt>", exports.session_export, name="session_export"),
    path("healthz", readiness.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
