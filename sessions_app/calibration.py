"""What a person thinks of tones: verdicts, how often Linnet heard as they did, and which tones to say more softly.

A verdict is private unless its owner shared it. Each is about one tone event; there is one per person and tone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from sessions_app.annotation.events import Kind
from sessions_app.models import Event, Profile, ToneFeedback, Verdict

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.models import VoiceSession

# Two disagreements are chance, and a label that is right half the time is as good as natural speech allows: three
# verdicts, of which more than six in ten are against it, are the least that should change what a person sees.
LEAST_VERDICTS = 3
REJECTED_SHARE = 0.6


class NoSuchTone(LookupError):
    """The session has no such tone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often a person heard a label as Linnet did. "This does not help" counts against it, too."""

    label: str
    agreed: int
    verdicts: int

    @property
    def rejected(self) -> int:
        return self.verdicts - self.agreed

    @property
    def percent(self) -> int:
        return round(100 * self.agreed / self.verdicts)

    @property
    def is_softened(self) -> bool:
        return self.verdicts >= LEAST_VERDICTS and self.rejected > REJECTED_SHARE * self.verdicts


def judge(
    voice_session: VoiceSession,
    seq: int,
    *,
    user: AbstractBaseUser,
    verdict: Verdict,
    heard_as: str = "",
    is_shared: bool | None = None,
) -> ToneFeedback:
    """Keep what `user` thinks of a tone, instead of what they thought before.

    `is_shared` None leaves it as it was; at first it is as the account says, which is: private. A verdict that changes
    has to be looked at again by staff. Raises `NoSuchTone`.
    """
    label = Event.objects.filter(session=voice_session, seq=seq, kind=Kind.TONE).values_list("label", flat=True).first()
    if label is None:
        raise NoSuchTone
    if verdict == Verdict.HEARD_AS and heard_as.casefold() == label.casefold():
        verdict = Verdict.AGREE
    said = {
        "label": label,
        "verdict": verdict,
        "heard_as": heard_as if verdict == Verdict.HEARD_AS else "",
        "reviewed_at": None,
        "is_approved": False,
    }
    first = said | {"is_shared": shares_feedback(user.pk) if is_shared is None else is_shared}
    changed = said if is_shared is None else said | {"is_shared": is_shared}
    feedback, _ = ToneFeedback.objects.update_or_create(
        session=voice_session, seq=seq, user_id=user.pk, defaults=changed, create_defaults=first
    )
    return feedback


def take_back(voice_session: VoiceSession, seq: int, *, user: AbstractBaseUser) -> None:
    ToneFeedback.objects.filter(session=voice_session, seq=seq, user_id=user.pk).delete()


def agreements_of(user_id: int) -> list[Agreement]:
    """Return the person's agreement with each label they judged, the most judged first; one query."""
    rows = (
        ToneFeedback.objects.filter(user_id=user_id)
        .order_by()
        .values_list("label")
        .annotate(agreed=Count("pk", filter=Q(verdict=Verdict.AGREE)), verdicts=Count("pk"))
    )
    agreements = [Agreement(label=label, agreed=agreed, verdicts=verdicts) for label, agreed, verdicts in rows]
    return sorted(agreements, key=lambda each: (-each.verdicts, each.label))


def softened_labels(user_id: int) -> frozenset[str]:
    """Return the labels that are shown to this person one band less sure."""
    return frozenset(each.label for each in agreements_of(user_id) if each.is_softened)


def forget(user: AbstractBaseUser, *, label: str | None = None) -> int:
    """Delete the person's verdicts, shared ones too, on one label or on all; return how many."""
    mine = ToneFeedback.objects.filter(user_id=user.pk)
    return (mine if label is None else mine.filter(label=label)).delete()[0]


def shares_feedback(user_id: int) -> bool:
    return Profile.objects.filter(user_id=user_id, shares_feedback=True).exists()


def set_sharing(user: AbstractBaseUser, *, is_shared: bool) -> None:
    """Share verdicts from now on, or none any more: who withdraws takes back what was shared before."""
    Profile.objects.update_or_create(user_id=user.pk, defaults={"shares_feedback": is_shared})
    if not is_shared:
        ToneFeedback.objects.filter(user_id=user.pk, is_shared=True).update(
            is_shared=False, reviewed_at=None, is_approved=False
        )
