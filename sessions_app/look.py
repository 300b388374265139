"""How captions look to an account: read, changed, and told to the views that it has open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from asgiref.sync import async_to_sync
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from sessions_app import broadcast
from sessions_app.live import messages
from sessions_app.look_form import LookForm
from sessions_app.models import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest

    from sessions_app.models import VoiceSession

Value: TypeAlias = str | int | bool

DEFAULTS: dict[str, Value] = {name: field.initial for name, field in LookForm.base_fields.items()}


class NotALook(Exception):
    """A name or a value that no look has; `problems` says which, in words."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Look:
    """`changed_ms`: when it was last changed, in ms of Unix time; 0 as long as the account never chose."""

    values: Mapping[str, Value]
    changed_ms: int = 0

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    def attributes(self) -> Iterable[tuple[str, str]]:
        """Yield the attributes of <html> that css/look.css knows."""
        for name, value in self.values.items():
            word = value if not isinstance(value, bool) else "on" if value else "off"
            yield f"data-{name.replace('_', '-')}", str(word)

    def wants_elcor(self, as_session: bool) -> bool:
        """Return whether the tone is said before the words; `as_session` is how the session itself has it."""
        if self["captions_only"]:
            return False
        return as_session if self["elcor"] == "session" else self["elcor"] == "on"

    def wire(self) -> dict[str, Any]:
        return {"look": dict(self.values), "changed_ms": self.changed_ms}

    def frame(self) -> str:
        return messages.look(dict(self.values), changed_ms=self.changed_ms)


def of(user: AbstractBaseUser | AnonymousUser) -> Look:
    """Return how captions look to `user`; the usual look to somebody without an account. One query."""
    profile = Profile.objects.filter(user_id=user.pk).first() if user.is_authenticated else None
    return of_profile(profile)


def is_elcor(request: HttpRequest, voice_session: VoiceSession) -> bool:
    """Return whether this page says the tone before the words: as the address says, else as the reader has it."""
    asked = request.GET.get("elcor")
    return asked == "1" if asked else of(request.user).wants_elcor(voice_session.elcor)


def of_profile(profile: Profile | None) -> Look:
    if profile is None or profile.look_changed_at is None:
        return Look(DEFAULTS)
    kept = {name: value for name, value in profile.look.items() if name in DEFAULTS}
    return Look(DEFAULTS | kept, round(profile.look_changed_at.timestamp() * 1000))


def change(user: AbstractBaseUser, changes: Mapping[str, Any]) -> Look:
    """Keep `changes` beside what was chosen before, and tell every open view. Raises `NotALook`."""
    unknown = {name: ["There is no such choice."] for name in changes if name not in DEFAULTS}
    if unknown:
        raise NotALook(unknown)
    with transaction.atomic():
        profile, _ = Profile.objects.select_for_update().get_or_create(user_id=user.pk)
        form = LookForm({**of_profile(profile).values, **changes})
        if not form.is_valid():
            raise NotALook({name: [str(problem) for problem in problems] for name, problems in form.errors.items()})
        return _keep(profile, form.cleaned_data)


def reset(user: AbstractBaseUser) -> Look:
    """Go back to the usual look, in every open view too."""
    with transaction.atomic():
        profile, _ = Profile.objects.select_for_update().get_or_create(user_id=user.pk)
        return _keep(profile, {})


def _keep(profile: Profile, values: dict[str, Value]) -> Look:
    profile.look, profile.look_changed_at = values, timezone.now()
    profile.save(update_fields=["look", "look_changed_at"])
    look = of_profile(profile)
    publish = async_to_sync(broadcast.publish_look)
    transaction.on_commit(lambda: publish(profile.user_id, look.frame(), look.changed_ms), robust=True)
    return look


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template `look` and its form, read only where they are used, and where a change is sent to."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"look": Look(DEFAULTS), "look_form": LookForm(auto_id="look-%s")}
    look = SimpleLazyObject(lambda: of(user))
    form = SimpleLazyObject(lambda: LookForm(auto_id="look-%s", initial=dict(look.values)))
    return {"look": look, "look_form": form, "look_url": reverse("look")}
