"""What may leave for training: verdicts on tones that their owners shared and staff approved. Never words or names."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, get_args

from django.db.models import Q

from sessions_app.annotation.affect import Affect, affect_of
from sessions_app.annotation.events import Kind
from sessions_app.engine.tone import LABELS
from sessions_app.models import Event, ToneFeedback

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from django.db.models import QuerySet

KNOWN = frozenset(LABELS) | {name.capitalize() for name in get_args(Affect)}
OTHER_WORDS = "other words"
CHUNK = 200  # SQLite takes a thousand conditions in one question
FIELDS = (
    "label", "verdict", "heard_as", "heard_affect", "confidence", "band", "engine", "simulated", "duration_ms",
    "shift_magnitude",
)  # fmt: skip


def heard_as(feedback: ToneFeedback) -> str:
    """Return how somebody heard a tone, if it is a known label: what people type themselves may name others."""
    if not feedback.heard_as:
        return ""
    return feedback.heard_as if feedback.heard_as in KNOWN else OTHER_WORDS


def lines_of(feedback: QuerySet[ToneFeedback]) -> Iterator[dict[str, object]]:
    """Yield a line (`FIELDS`, explained in docs/privacy.md) for each verdict that is shared and approved."""
    usable = feedback.filter(is_shared=True, is_approved=True, session__deleted_at=None).order_by("pk")
    rows = usable.iterator(chunk_size=CHUNK)
    while some := list(islice(rows, CHUNK)):
        tones = _tones_of(some)
        for row in some:
            tone = tones.get((row.session_id, row.seq))
            if tone is not None:
                yield _line(row, tone)


def _tones_of(feedback: list[ToneFeedback]) -> dict[tuple[uuid.UUID, int], Event]:
    """Return the tones that `feedback` is about, by session and number; one query."""
    wanted = Q()
    for row in feedback:
        wanted |= Q(session_id=row.session_id, seq=row.seq)
    return {(tone.session_id, tone.seq): tone for tone in Event.objects.filter(wanted, kind=Kind.TONE)}


def _line(row: ToneFeedback, tone: Event) -> dict[str, object]:
    payload = tone.payload
    values = (
        row.label, row.verdict, heard_as(row), affect_of(row.heard_as) if row.heard_as else "", tone.confidence,
        payload.get("band", ""), tone.engine, tone.simulated, tone.end_ms - tone.start_ms,
        payload.get("shift_magnitude", 0.0),
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))
