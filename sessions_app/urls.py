"""The pages and JSON of Linnet. `docs/protocol.md` says what each answers."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from sessions_app import metrics, readiness, sse
from sessions_app.views import (
    account,
    calibration,
    check,
    dashboard,
    editing,
    exports,
    history,
    keeping,
    profile,
    reading,
    session,
    sharing,
)

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("sessions/", dashboard.sessions, name="sessions"),
    path("sessions/<uuid:session_id>/", session.session, name="session"),
    path("sessions/<uuid:session_id>/end/", session.session_end, name="session_end"),
    path("sessions/<uuid:session_id>/reopen/", session.session_reopen, name="session_reopen"),
    path("sessions/<uuid:session_id>/delete/", history.session_delete, name="session_delete"),
    path("sessions/<uuid:session_id>/undelete/", history.session_undelete, name="session_undelete"),
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
    path(
        "sessions/<uuid:session_id>/tones/<int:seq>/feedback/", calibration.tone_feedback, name="session_tone_feedback"
    ),
    path("sessions/<uuid:session_id>/keeping/", keeping.session_keeping, name="session_keeping"),
    path("sessions/<uuid:session_id>/events/", session.session_events, name="session_events"),
    path("sessions/<uuid:session_id>/stream/", sse.session_stream, name="session_stream"),
    path("sessions/<uuid:session_id>/shares/", sharing.session_shares, name="session_shares"),
    path(
        "sessions/<uuid:session_id>/shares/<int:share_id>/revoke/",
        sharing.session_share_revoke,
        name="session_share_revoke",
    ),
    path("shares/", sharing.shares, name="shares"),
    path("shares/revoke/", sharing.shares_revoke, name="shares_revoke"),
    path("shared/<str:token>/", sharing.shared, name="shared"),
    path("profile/account/", account.account, name="account"),
    path("sessions/<uuid:session_id>/export.<slug:fmt>", exports.session_export, name="session_export"),
    path("calibration/", calibration.calibration, name="calibration"),
    path("calibration/reset/", calibration.calibration_reset, name="calibration_reset"),
    path("calibration/sharing/", calibration.calibration_sharing, name="calibration_sharing"),
    path("profile/export.zip", exports.everything, name="everything"),
    path("profile/keeping/", keeping.keeping, name="keeping"),
    path("profile/delete/", keeping.account_delete, name="account_delete"),
    path("privacy/", keeping.privacy, name="privacy"),
    path("sessions/<uuid:session_id>/big/", reading.session_big, name="session_big"),
    path("sessions/<uuid:session_id>/text/", reading.session_text, name="session_text"),
    path("check/", check.check, name="check"),
    path("check/state/", check.check_state, name="check_state"),
    path("check/begin/", check.check_begin, name="check_begin"),
    path("check/end/", check.check_end, name="check_end"),
    path("profile/", profile.profile, name="profile"),
    path("profile/look/", profile.look_of_account, name="look"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["sessions_app"]), name="javascript_words"),
    path("metrics", metrics.metrics, name="metrics"),
    path("healthz", readiness.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
