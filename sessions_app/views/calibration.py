"""What a person says about tones, and what Linnet learns from it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from sessions_app import calibration as calibrations
from sessions_app.forms import FeedbackForm
from sessions_app.models import Verdict
from sessions_app.views.access import back_to, found, members_only, notice, refused, see_other, submitted, wants_json

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

    from sessions_app.models import ToneFeedback, VoiceSession


@require_POST
@members_only
def tone_feedback(request: HttpRequest, session_id: uuid.UUID, seq: int) -> HttpResponse:
    """Keep what the owner thinks of a tone, or take it back."""
    voice_session = found(request, session_id)
    form, back = FeedbackForm(submitted(request)), back_to(request, voice_session.get_absolute_url())
    if not form.is_valid():
        return refused(request, back, _complaints(form))
    try:
        feedback = _judge(request.user, voice_session, seq, form.cleaned_data)  # type: ignore[arg-type]  # a member
    except calibrations.NoSuchTone as error:
        raise Http404 from error
    if wants_json(request):
        return JsonResponse(_wire(seq, feedback))
    notice(request, notices.SUCCESS, _("Saved."), back=back)
    return see_other(back)


def _judge(user: AbstractBaseUser, voice_session: VoiceSession, seq: int, said: dict[str, Any]) -> ToneFeedback | None:
    if said["verdict"] == FeedbackForm.TAKE_BACK:
        calibrations.take_back(voice_session, seq, user=user)
        return None
    return calibrations.judge(
        voice_session,
        seq,
        user=user,
        verdict=Verdict(said["verdict"]),
        heard_as=said["heard_as"],
        is_shared=said["is_shared"],
    )


def _wire(seq: int, feedback: ToneFeedback | None) -> dict[str, object]:
    if feedback is None:
        return {"seq": seq, "verdict": None}
    return {
        "seq": seq,
        "verdict": feedback.verdict,
        "heard_as": feedback.heard_as,
        "is_shared": feedback.is_shared,
    }


def _complaints(form: forms.Form) -> str:
    said = " ".join(str(text) for texts in form.errors.values() for text in texts)
    return said or _("Send form fields or a JSON object.")


@require_GET
@members_only
def calibration(request: HttpRequest) -> HttpResponse:
    agreements = calibrations.agreements_of(request.user.pk)  # type: ignore[arg-type]  # a member
    context = {
        "agreements": agreements,
        "has_softened": any(each.is_softened for each in agreements),
        "least_verdicts": calibrations.LEAST_VERDICTS,
        "rejected_percent": round(100 * calibrations.REJECTED_SHARE),
        "shares_feedback": calibrations.shares_feedback(request.user.pk),  # type: ignore[arg-type]
    }
    return render(request, "sessions_app/calibration.html", context)


class ResetForm(forms.Form):
    """Which verdicts to forget: those on one label, or all, which has to be said in so many words."""

    label = forms.CharField(label=gettext_lazy("Tone"), max_length=200, required=False, strip=False)
    all = forms.BooleanField(label=gettext_lazy("All tones"), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "label" in said and bool(said["label"]) == said["all"]:
            raise forms.ValidationError(_("Say which tone to start again with, or that you mean all of them."))
        return said


@require_POST
@members_only
def calibration_reset(request: HttpRequest) -> HttpResponse:
    """Forget the verdicts on one label, or all of them."""
    form, here = ResetForm(submitted(request)), reverse("calibration")
    if not form.is_valid():
        return refused(request, here, _complaints(form))
    label = form.cleaned_data["label"]
    forgotten = calibrations.forget(request.user, label=label or None)  # type: ignore[arg-type]  # a member
    if label and not forgotten:
        message = _("You have not said anything about “%(label)s”, so there is nothing to delete.")
        return refused(request, here, message % {"label": label})
    if wants_json(request):
        return JsonResponse({"deleted": forgotten})
    words = ngettext("%(number)d verdict was deleted.", "%(number)d verdicts were deleted.", forgotten)
    notices.success(request, words % {"number": forgotten})
    return see_other(here)


@require_POST
@members_only
def calibration_sharing(request: HttpRequest) -> HttpResponse:
    is_shared = request.POST.get("shares_feedback") == "1"
    calibrations.set_sharing(request.user, is_shared=is_shared)  # type: ignore[arg-type]  # a member
    said = _("New verdicts are shared.") if is_shared else _("Nothing is shared any more.")
    notices.success(request, said)
    return see_other(reverse("calibration"))
