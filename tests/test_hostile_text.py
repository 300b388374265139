"""What is said, and what people call things, never becomes part of a page: on every page there is, and in files."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import editing, lifecycle, recording, sharing
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import EndReason, Event, Scope, ToneFeedback, VoiceSession
from sessions_app.sharing import Lifetime
from tests import routes
from tests.conftest import logged_in
from tests.test_permission_matrix import address_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db

HOSTILE = "\"'><script>alert('linnet')</script><img src=x onerror=alert(1)>{{ 7|add:7 }}"
DANGEROUS = ("<script>alert(", "<img src=x", "onerror=alert(1)>")
PAGES = sorted(name for name, row in routes.ROWS.items() if row.method == "GET" and name != "session_stream")
FILES = {
    "json": "application/json",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "md": "text/markdown",
}


def attack(alice):
    """Return a session in which everything that people or classifiers can put into words is hostile."""
    voice_session = lifecycle.create(alice, title=HOSTILE)
    voice = HOSTILE[:64]
    recording.append(
        voice_session.pk,
        [
            words(HOSTILE, speaker=voice),
            words(HOSTILE, speaker="Speaker B"),
            SessionEvent(
                kind=Kind.TONE,
                start_ms=0,
                end_ms=1000,
                label=HOSTILE,
                speaker=voice,
                payload={"band": "maybe", "affect": HOSTILE, "subtext": HOSTILE, "prosody_flags": [HOSTILE]},
            ),
            SessionEvent(kind=Kind.QUEUE, start_ms=0, end_ms=1000, label=HOSTILE),
            SessionEvent(kind=Kind.ENVIRON, start_ms=0, end_ms=1000, label=HOSTILE),
            SessionEvent(kind=Kind.GAP, start_ms=0, end_ms=1000, label="service", text=HOSTILE),
        ],
    )
    editing.name_speaker(voice_session, voice, HOSTILE[:64], author=alice)
    editing.correct_words(voice_session, 2, HOSTILE + "!", author=alice)
    editing.add_note(voice_session, author=None, author_name=HOSTILE, at_ms=100, text=HOSTILE)
    sharing.make(voice_session, name=HOSTILE, scope=Scope.NOTES, lifetime=Lifetime.DAY)
    ToneFeedback.objects.create(
        session=voice_session, seq=3, user=alice, label=HOSTILE, verdict="heard_as", heard_as=HOSTILE, is_shared=True
    )
    return voice_session


@pytest.fixture(params=["running", "ended"])
def attacked(request, alice):
    voice_session = attack(alice)
    if request.param == "ended":
        lifecycle.end(voice_session, EndReason.USER)
    return voice_session


def is_harmless(answer):
    """Tell whether a browser takes nothing in the answer for a script: it is escaped, or it is no page."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if not answer["Content-Type"].startswith("text/html"):
        return answer["X-Content-Type-Options"] == "nosniff"
    return not any(danger in content.decode() for danger in DANGEROUS)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_changed_by_what_was_said(alices_browser, attacked, name):
    assert is_harmless(alices_browser.get(address_of(name, attacked)))


@pytest.mark.parametrize("query", ["?elcor=1", "?edit=1", "?tone=" + HOSTILE, "?speaker=" + HOSTILE, "?q=" + HOSTILE])
def test_no_question_changes_the_page_of_a_session(alices_browser, attacked, query):
    assert is_harmless(alices_browser.get(reverse("session", args=[attacked.pk]) + query))


@pytest.mark.parametrize("query", ["?q=script", "?q=" + HOSTILE, "?speaker=" + HOSTILE, "?tone=" + HOSTILE])
def test_no_search_changes_the_history(alices_browser, attacked, query):
    assert is_harmless(alices_browser.get(reverse("sessions") + query))


def test_a_trusted_viewer_is_not_harmed(attacked):
    browser = Client()
    _, token = sharing.make(attacked, name="Ann", scope=Scope.VIEW, lifetime=Lifetime.DAY)

    assert is_harmless(browser.get(reverse("shared", args=[token]), follow=True))


@pytest.mark.parametrize("model", [VoiceSession, Event, ToneFeedback])
def test_staff_are_not_harmed(stella, attacked, model):
    browser, meta = logged_in(stella), model._meta
    browser.force_login(stella)
    row = model.objects.order_by("pk").last()

    assert is_harmless(browser.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + "?q=script"))
    assert is_harmless(
        browser.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]), follow=True)
    )


@pytest.mark.parametrize(("fmt", "content_type"), FILES.items())
def test_a_file_is_no_page(alices_browser, attacked, fmt, content_type):
    answer = alices_browser.get(reverse("session_export", args=[attacked.pk, fmt]))

    assert answer["Content-Type"].startswith(content_type)
    assert answer["Content-Disposition"].startswith("attachment")
    assert is_harmless(answer)


def test_the_check_itself_can_fail(alices_browser, attacked, monkeypatch):
    monkeypatch.setattr("django.utils.html.escape", str)
    monkeypatch.setattr("django.template.base.conditional_escape", str)

    assert not is_harmless(alices_browser.get(reverse("session", args=[attacked.pk])))
