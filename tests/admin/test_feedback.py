"""What people shared about tones, for staff to review."""

from __future__ import annotations

import json

import pytest

from sessions_app import recording
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import ToneFeedback
from tests.admin.conftest import FEEDBACK, SECRET, act, clerk, entries, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def feedback(voice_session, alice):
    tone = SessionEvent(
        kind=Kind.TONE, start_ms=0, end_ms=3000, speaker="Speaker A", label="Calm and steady", confidence=0.5,
        engine="embedded", payload={"band": "maybe", "shift_magnitude": 1.5},
    )  # fmt: skip
    recording.append(voice_session.pk, [tone, tone, tone])
    rows = [(1, True, "Frustrated"), (2, True, f"like Ann when {SECRET}"), (3, False, "Warm")]
    return [
        ToneFeedback.objects.create(
            session=voice_session, seq=seq, user=alice, label=tone.label, verdict="heard_as",
            heard_as=heard_as, is_shared=is_shared,
        )
        for seq, is_shared, heard_as in rows
    ]  # fmt: skip


def test_only_what_was_shared_is_shown_and_whose_it_is_is_not(stellas_browser, feedback, voice_session):
    found, page = shown(stellas_browser, FEEDBACK)

    assert found == feedback[:2]
    assert SECRET not in page
    assert "alice" not in page
    assert str(voice_session.pk) not in page


@pytest.mark.parametrize("asked", ["heard_as__startswith=like", "user=1", "session__exact={}", "seq=2"])
def test_nobody_finds_out_by_a_filter_whose_it_is_or_what_was_typed(feedback, voice_session, asked):
    browser = clerk("view_tonefeedback")

    assert browser.get(f"{FEEDBACK}?{asked.format(voice_session.pk)}").status_code == 400


def test_no_list_of_accounts_says_whose_it_is(feedback):
    assert clerk("view_user").get(f"/admin/auth/user/?tone_feedback={feedback[0].pk}").status_code == 400


def test_what_is_private_can_be_neither_seen_nor_approved(stellas_browser, feedback):
    act(stellas_browser, "approve", *feedback, address=FEEDBACK)

    assert stellas_browser.get(f"{FEEDBACK}{feedback[2].pk}/change/").status_code == 302
    assert list(ToneFeedback.objects.filter(is_approved=True).order_by("pk")) == feedback[:2]


def test_what_was_reviewed_leaves_the_queue(stellas_browser, feedback):
    act(stellas_browser, "approve", feedback[0], address=FEEDBACK)
    act(stellas_browser, "reject", feedback[1], address=FEEDBACK)

    assert shown(stellas_browser, f"{FEEDBACK}?review=waiting")[0] == []
    assert shown(stellas_browser, f"{FEEDBACK}?review=approved")[0] == feedback[:1]
    assert shown(stellas_browser, f"{FEEDBACK}?review=rejected")[0] == feedback[1:2]
    assert [action for action, _ in entries()] == ["approve", "reject"]


def test_the_export_holds_what_is_approved_and_shared_and_nothing_else(stellas_browser, feedback):
    act(stellas_browser, "approve", feedback[0], feedback[1], address=FEEDBACK)
    ToneFeedback.objects.filter(pk=feedback[2].pk).update(is_approved=True)  # approved, and not shared any more

    answer = act(stellas_browser, "export", *feedback, address=FEEDBACK)

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0] == {
        "label": "Calm and steady", "verdict": "heard_as", "heard_as": "Frustrated", "heard_affect": "frustrated",
        "confidence": 0.5, "band": "maybe", "engine": "embedded", "simulated": False, "duration_ms": 3000,
        "shift_magnitude": 1.5,
    }  # fmt: skip
    assert [line["heard_as"] for line in lines] == ["Frustrated", "other words"]
    assert SECRET not in answer.text
    assert entries()[-1][0] == "export"


def test_who_may_only_look_cannot_review(feedback):
    act(clerk("view_tonefeedback"), "approve", *feedback, address=FEEDBACK)

    assert not ToneFeedback.objects.filter(is_approved=True).exists()
