"""What a trusted viewer sees: on pages, by sockets and as events."""

from __future__ import annotations

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from django.utils import timezone

from sessions_app import editing, lifecycle, recording, sharing
from sessions_app.models import EndReason, Share
from tests.sharing.conftest import link_to
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"HTTP_ACCEPT": "application/json"}


def test_the_live_page_has_no_tools(ann, voice_session):
    recording.append(voice_session.pk, [words("what was said")])

    page = ann.get(f"/sessions/{voice_session.pk}/").text

    assert "what was said" in page
    for tool in ("linnet-microphone", "/end/", "/shares/", "linnet-whisper"):
        assert tool not in page


def test_who_may_whisper_finds_where(whispering_ann, voice_session):
    assert "<linnet-whisper" in whispering_ann.get(f"/sessions/{voice_session.pk}/").text


def test_the_debrief_is_for_reading(ann, alice, voice_session):
    recording.append(voice_session.pk, [words("what was said")])
    editing.add_note(voice_session, author=alice, text="a private thought")
    lifecycle.end(voice_session, EndReason.USER)

    page = ann.get(f"/sessions/{voice_session.pk}/").text

    assert "what was said" in page
    for private in ("a private thought", "export.", "/reopen/", "/shares/"):
        assert private not in page


def test_programs_get_the_events_and_little_else(ann, voice_session):
    recording.append(voice_session.pk, [words("what was said")])

    events = ann.get(f"/sessions/{voice_session.pk}/events/").json()["events"]
    session = ann.get(f"/sessions/{voice_session.pk}/", **JSON).json()

    assert events[0]["text"] == "what was said"
    assert set(session) == {"id", "title", "state", "last_seq", "simulated"}


def test_everything_else_stays_closed(ann, alice, voice_session):
    other = lifecycle.create(alice, title="Another call")
    own = f"/sessions/{voice_session.pk}"
    for path in ("/", "/sessions/", f"{own}/export.txt", f"/sessions/{other.pk}/", "/shares/", "/profile/account/"):
        assert ann.get(path).status_code == 302, path
    for path in (f"{own}/end/", f"{own}/reopen/", f"{own}/title/", f"{own}/notes/", f"{own}/off-record/"):
        assert ann.post(path, {"title": "x", "text": "x", "off": "1"}).status_code == 302, path
    assert ann.get(f"/sessions/{other.pk}/events/").status_code == 401


def test_who_came_by_a_link_that_was_withdrawn_is_not_asked_to_log_in(ann, bobs_browser, voice_session):
    _, token = link_to(voice_session)
    bobs_browser.get(f"/shared/{token}/")
    sharing.revoke(Share.objects.all())

    assert ann.get(f"/sessions/{voice_session.pk}/").status_code == 404
    assert ann.get(f"/sessions/{voice_session.pk}/events/").status_code == 404
    assert bobs_browser.get(f"/sessions/{voice_session.pk}/").status_code == 404


def test_a_session_that_was_deleted_is_gone_for_everybody(ann, voice_session):
    voice_session.deleted_at = timezone.now()
    voice_session.save()

    assert ann.get(f"/sessions/{voice_session.pk}/events/").status_code == 404


class TestSockets:
    async def test_a_trusted_viewer_sees_events_and_no_notes(self, ann, alice, alices_browser, voice_session):
        await sync_to_async(editing.add_note)(voice_session, author=alice, text="a private thought")
        async with view_of(ann.cookies, voice_session) as view, view_of(alices_browser.cookies, voice_session) as hers:
            snapshot = await view.until("snapshot")
            await hers.until("snapshot")

            await hers.say("note", text="another one")
            await hers.until("note", text="another one")
            await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)

            assert (await view.until_event("state"))["label"] == "stopped"
            assert "notes" not in snapshot
            assert not [message for message in view.received if message["type"] == "note"]

    async def test_nobody_gets_a_socket_without_a_valid_link(self, ann, voice_session):
        other = Client()
        async with view_of(other.cookies, voice_session) as stranger, microphone_of(ann.cookies, voice_session) as mic:
            assert (stranger, mic) == (None, None)

        await sync_to_async(sharing.revoke)(Share.objects.all())
        async with view_of(ann.cookies, voice_session) as view:
            assert view is None

    async def test_the_link_to_one_session_opens_no_other(self, ann, alice):
        other = await sync_to_async(lifecycle.create)(alice)
        async with view_of(ann.cookies, other) as view:
            assert view is None

    async def test_a_member_with_a_link_gets_no_microphone(self, bobs_browser, voice_session):
        _, token = await sync_to_async(link_to)(voice_session)
        await sync_to_async(bobs_browser.get)(f"/shared/{token}/")
        async with microphone_of(bobs_browser.cookies, voice_session) as microphone:
            assert await microphone.closed() == 4404

    async def test_a_link_that_was_passed_on_cannot_lock_out_its_owner(
        self, ann, alices_browser, voice_session, settings
    ):
        settings.LINNET_MAX_VIEWERS_PER_USER = 1
        async with view_of(ann.cookies, voice_session) as first, view_of(ann.cookies, voice_session) as second:
            await first.until("snapshot")
            assert await second.closed() == 4429
            async with view_of(alices_browser.cookies, voice_session) as alices:
                await alices.until("snapshot")

    async def test_the_event_stream_is_open_to_a_trusted_viewer(self, ann, voice_session):
        await sync_to_async(recording.append)(voice_session.pk, [words("what was said")])
        program = AsyncClient()
        program.cookies = ann.cookies.copy()

        answer = await program.get(f"/sessions/{voice_session.pk}/stream/")

        async for chunk in answer.streaming_content:
            if b"what was said" in chunk:
                break
        unknown = await program.get(f"/sessions/{uuid.uuid4()}/stream/")
        assert unknown.status_code == 401
