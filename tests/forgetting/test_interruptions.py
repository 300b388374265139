"""A purge that is cut short, comes too late, or meets somebody who is still at it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connections
from django.utils import timezone

from sessions_app import forgetting, lease, lifecycle, recording
from sessions_app.models import DOOMED_AT, EndReason, Event, State, VoiceAllocation, VoiceSession
from tests.conftest import SECOND_OF_SILENCE
from tests.forgetting.conftest import CANARY, aged, is_there, planted, purge
from tests.sockets import microphone_of, view_of
from tests.test_recording import batch_of, words

pytestmark = pytest.mark.django_db


def test_a_session_whose_purge_has_begun_comes_back_for_nobody(alices_browser, voice_session):
    alices_browser.post(f"/sessions/{voice_session.pk}/delete/")
    stale = VoiceSession.objects.get(pk=voice_session.pk)
    forgetting._doom(VoiceSession.objects.filter(pk=voice_session.pk))

    assert lifecycle.undelete(stale) is False
    lifecycle.delete(stale)
    assert VoiceSession.objects.get().deleted_at == DOOMED_AT
    assert alices_browser.post(f"/sessions/{voice_session.pk}/undelete/").status_code == 404


def test_a_session_that_was_deleted_in_another_tab_does_not_run_again(voice_session):
    lifecycle.end(voice_session, EndReason.USER)
    VoiceSession.objects.filter(pk=voice_session.pk).update(heard_sample=80_000, settled_sample=48_000)
    in_the_other_tab = VoiceSession.objects.get(pk=voice_session.pk)
    lifecycle.delete(voice_session)

    assert lifecycle.reopen(in_the_other_tab) is False

    voice_session.refresh_from_db()
    assert voice_session.state == State.STOPPED
    assert [event.label for event in voice_session.events.filter(kind="state")] == ["stopped"]
    assert voice_session.settled_sample == 48_000  # the words that were lost are still to be told of


@pytest.mark.django_db(transaction=True)
def test_a_session_that_another_tab_continues_while_it_is_deleted_does_not_run(voice_session, monkeypatch):
    end = lifecycle.end

    def continue_it():
        try:
            return lifecycle.reopen(VoiceSession.objects.get(pk=voice_session.pk))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other_tab:

        def end_slowly(*arguments):
            end(*arguments)
            continued.append(other_tab.submit(continue_it))
            time.sleep(0.3)  # enough for the other tab to be through, if nothing keeps it

        continued = []
        monkeypatch.setattr(lifecycle, "end", end_slowly)
        lifecycle.delete(voice_session)

    voice_session.refresh_from_db()
    assert continued[0].result() is False
    assert voice_session.state == State.STOPPED
    assert voice_session.deleted_at is not None


def test_a_purge_that_was_interrupted_goes_on(alice, monkeypatch):
    monkeypatch.setattr(forgetting, "ROWS_PER_STEP", 2)
    voice_session = planted(alice)
    aged(voice_session, deleted_at=1)
    deleted = forgetting._delete_in_steps
    monkeypatch.setattr(forgetting, "_delete_in_steps", lambda rows: deleted(rows) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        purge()
    assert VoiceSession.objects.get().deleted_at == DOOMED_AT
    assert not VoiceSession.objects.deleted_by(alice).exists()

    monkeypatch.setattr(forgetting, "_delete_in_steps", deleted)

    assert purge() == [f"forgot {voice_session.pk}"]
    assert not Event.objects.exists()


def test_an_account_that_was_half_deleted_is_finished_by_the_purge(alice):
    planted(alice)
    forgetting.leave(alice)

    purge()

    assert not get_user_model().objects.filter(username="alice").exists()
    assert not VoiceSession.objects.exists()


def test_an_allocation_that_cannot_be_given_back_waits_for_the_reaper(alice, settings):
    settings.CF_ORCH_URL = "http://127.0.0.1:9"  # nobody listens there
    voice_session = planted(alice)
    VoiceAllocation.objects.create(
        allocation_id="a-1", url="http://voice", session=voice_session, expires_at=timezone.now()
    )
    aged(voice_session, deleted_at=1)

    purge()

    assert not is_there(voice_session)
    assert VoiceAllocation.objects.get().session_id is None


def test_files_that_cannot_be_written_now_are_left_to_the_next_pass(voice_session, monkeypatch):
    def busy():
        raise OperationalError("database is locked")

    monkeypatch.setattr(forgetting, "_is_scrub_due", lambda: True)
    monkeypatch.setattr(forgetting.search_index, "scrub", busy)

    assert forgetting.scrub() is False


def test_an_allocation_that_arrives_for_a_forgotten_session_is_not_lost(alice):
    from sessions_app import allocations
    from sessions_app.voice.cf_orch import Allocation

    voice_session = planted(alice)
    list(forgetting.purge(VoiceSession.objects.filter(pk=voice_session.pk)))

    allocations._remember(voice_session.pk, Allocation("a-1", "http://voice", expires_at=timezone.now()))

    assert VoiceAllocation.objects.get().session_id is None


def test_a_microphone_that_is_late_stores_nothing_into_a_doomed_session(voice_session):
    held = lease.claim(voice_session.pk, take_over=False)
    forgetting._doom(VoiceSession.objects.filter(pk=voice_session.pk))

    recording.store([batch_of(held, events=[words(CANARY)])])

    assert not Event.objects.filter(text=CANARY).exists()


@pytest.mark.django_db(transaction=True)
async def test_a_live_microphone_and_a_view_are_closed_and_nothing_comes_after(alices_browser, voice_session):
    from asgiref.sync import sync_to_async

    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 3)
        await view.until_event("transcript")

        gone = await sync_to_async(lambda: list(forgetting.purge(VoiceSession.objects.all())))()
        await microphone.send_sound(SECOND_OF_SILENCE * 2)

        assert gone == [voice_session.pk]
        assert await view.closed() in {4403, 4404}
        assert await microphone.closed() in {4403, 4404, 4409, 4001}
    assert await Event.objects.acount() == 0
