"""The numbered events of a session: its record."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sessions_app.annotation.events import Json, Kind, SessionEvent, to_wire
from sessions_app.models.session import VoiceSession


class StoredEvent(NamedTuple):
    """The columns of an event that lines are made of. Of a long session, models cost more than all else of its page."""

    seq: int
    kind: str
    start_ms: int
    end_ms: int
    speaker: str
    label: str
    text: str
    simulated: bool
    payload: dict[str, Any]


class EventQuerySet(models.QuerySet["Event"]):
    def after(self, seq: int) -> Self:
        """Return the events behind `seq`, in the order in which they were stored."""
        return self.filter(seq__gt=seq).order_by("seq")

    def columns(self) -> list[StoredEvent]:
        return [StoredEvent._make(row) for row in self.values_list(*StoredEvent._fields)]


class Event(models.Model):
    """One thing that happened in a session. `annotation.events.SessionEvent` says what the columns mean."""

    # Its own index would repeat the one of (session, seq): a write more for every event.
    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    start_ms = models.PositiveBigIntegerField()
    end_ms = models.PositiveBigIntegerField()
    speaker = models.CharField(max_length=64, blank=True)
    label = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    confidence = models.FloatField(default=1.0)
    engine = models.CharField(max_length=32, blank=True)
    simulated = models.BooleanField(default=False)
    payload = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["session", "seq"]
        permissions = [("reveal_event", "Can reveal what was said")]
        indexes = [models.Index(fields=["session"], condition=Q(kind=Kind.GAP), name="gaps_of_session")]
        constraints = [
            # Also the index of every read: a session's events in order, from a cursor.
            models.UniqueConstraint(fields=["session", "seq"], name="one_event_per_seq"),
            models.CheckConstraint(condition=Q(end_ms__gte=F("start_ms")), name="event_ends_after_start"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0.0, confidence__lte=1.0), name="confidence_is_a_probability"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"  # never the words: this string ends up in logs and error pages

    def as_event(self) -> SessionEvent:
        return SessionEvent(
            kind=Kind(self.kind),
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            speaker=self.speaker,
            label=self.label,
            text=self.text,
            confidence=self.confidence,
            engine=self.engine,
            simulated=self.simulated,
            payload=self.payload,
        )

    def as_wire(self) -> dict[str, Json]:
        return to_wire(self.as_event(), session_id=str(self.session_id), seq=self.seq)
