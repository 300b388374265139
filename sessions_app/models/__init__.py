"""What is kept: sessions and their events, what their owners changed and marked, who else may see, who looked."""

from sessions_app.models.allocation import VoiceAllocation
from sessions_app.models.audit import AuditEntry, JobRun
from sessions_app.models.event import Event
from sessions_app.models.profile import Profile
from sessions_app.models.review import (
    MAX_NAME_CHARS,
    MAX_WORDS_CHARS,
    Note,
    Revision,
    SpeakerName,
    ToneFeedback,
    Verdict,
)
from sessions_app.models.search import SearchDocument
from sessions_app.models.server_process import ServerProcess
from sessions_app.models.session import (
    DEFAULT_WINDOW_MS,
    DOOMED_AT,
    FOR_EVER,
    LEASE_STALE_S,
    MAX_SPEAKERS,
    MAX_TITLE_CHARS,
    MAX_WINDOW_MS,
    MIN_WINDOW_MS,
    EndReason,
    State,
    VoiceSession,
    VoiceSessionQuerySet,
    has_fresh_lease,
)
from sessions_app.models.share import Scope, Share, ShareUse

__all__ = [
    "DEFAULT_WINDOW_MS",
    "DOOMED_AT",
    "FOR_EVER",
    "LEASE_STALE_S",
    "MAX_NAME_CHARS",
    "MAX_SPEAKERS",
    "MAX_TITLE_CHARS",
    "MAX_WINDOW_MS",
    "MAX_WORDS_CHARS",
    "MIN_WINDOW_MS",
    "AuditEntry",
    "EndReason",
    "Event",
    "JobRun",
    "Note",
    "Profile",
    "Revision",
    "Scope",
    "SearchDocument",
    "ServerProcess",
    "Share",
    "ShareUse",
    "SpeakerName",
    "State",
    "ToneFeedback",
    "Verdict",
    "VoiceAllocation",
    "VoiceSession",
    "VoiceSessionQuerySet",
    "has_fresh_lease",
]
