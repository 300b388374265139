"""What people add to the record: corrections, names, notes, and what they think of a tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.annotation.events import Kind
from sessions_app.live.messages import MAX_NOTE_CHARS
from sessions_app.models.session import VoiceSession

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_CHARS = 64
MAX_WORDS_CHARS = 2000  # as long as a classifier may make a line


class Revision(models.Model):
    """One change to a session after the fact, numbered like events so that a view can tell which it missed.

    `before` and `after` keep the original beside the correction. A removed line takes its words along: both are
    emptied in every revision of that line.
    """

    class What(models.TextChoices):
        WORDS = "words", _("words corrected")
        SPEAKER = "speaker", _("line given to another speaker")
        REMOVED = "removed", _("line removed")
        NAME = "name", _("speaker named or merged")
        TITLE = "title", _("session renamed")
        NOTE = "note", _("note or bookmark")
        OFF_RECORD = "off_record", _("off the record")

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveBigIntegerField()
    what = models.CharField(max_length=12, choices=What)
    seq = models.PositiveBigIntegerField(null=True, blank=True)  # of the line that changed
    note_id = models.BigIntegerField(null=True, blank=True)  # of the note, which may be gone
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["session", "number"]
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"{self.what} {self.number}"


class SpeakerName(models.Model):
    """What a session's owner calls a voice; with `same_as` it is another of the session's voices."""

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="speaker_names")
    speaker = models.CharField(max_length=MAX_NAME_CHARS)  # as the engine calls it: "Speaker A"
    name = models.CharField(_("name"), max_length=MAX_NAME_CHARS, blank=True)
    same_as = models.CharField(max_length=MAX_NAME_CHARS, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "speaker"], name="one_name_per_speaker"),
            models.CheckConstraint(condition=~Q(same_as=models.F("speaker")), name="nobody_is_merged_into_himself"),
        ]

    def __str__(self) -> str:
        return f"name of {self.speaker}"


def names_from(rows: Iterable[SpeakerName]) -> dict[str, str]:
    """Return what each named or merged voice of one session is called: {"Speaker B": "Dr. Okafor"}.

    A voice that is another's carries the other's name, or its mark when it has none.
    """
    given = {row.speaker: row for row in rows}
    return {speaker: _name_of(speaker, given) for speaker in given}


def _name_of(speaker: str, given: dict[str, SpeakerName]) -> str:
    seen = {speaker}
    while (row := given.get(speaker)) is not None and row.same_as and row.same_as not in seen:
        speaker = row.same_as
        seen.add(speaker)
    return row.name if row is not None and row.name else speaker


class Note(models.Model):
    """A moment that somebody marked; without text it is a bookmark. Only the session's owner reads it."""

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="notes")
    at_ms = models.PositiveBigIntegerField()
    text = models.CharField(_("note"), max_length=MAX_NOTE_CHARS, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_name = models.CharField(max_length=150, blank=True)  # of a trusted viewer; "" is the owner
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["at_ms", "id"]

    def __str__(self) -> str:
        return f"note at {self.at_ms} ms"

    @property
    def is_bookmark(self) -> bool:
        return not self.text


class Verdict(models.TextChoices):
    AGREE = "agree", _("I heard it so too")
    HEARD_AS = "heard_as", _("I heard it as something else")
    DISMISS = "dismiss", _("this does not help")


class ToneFeedback(models.Model):
    """What the owner thinks of one tone. Private, unless `is_shared` was said with it."""

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="tone_feedback")
    seq = models.PositiveBigIntegerField()  # of the tone event
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tone_feedback")
    label = models.CharField(max_length=200)  # what Linnet said
    verdict = models.CharField(max_length=10, choices=Verdict)
    heard_as = models.CharField(_("heard as"), max_length=200, blank=True)
    is_shared = models.BooleanField(_("may be used to improve Linnet"), default=False)
    reviewed_at = models.DateTimeField(null=True, blank=True)  # by staff; only shared ones are shown to them
    is_approved = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["session", "seq"]
        verbose_name = _("tone feedback")
        verbose_name_plural = _("tone feedback")
        constraints = [models.UniqueConstraint(fields=["session", "seq", "user"], name="one_verdict_per_tone")]
        indexes = [models.Index(fields=["user", "label"], name="calibration_of_user")]

    def __str__(self) -> str:
        return f"{self.verdict} on {Kind.TONE} {self.seq}"
