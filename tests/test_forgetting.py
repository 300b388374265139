"""Forgotten is forgotten: in every table, and in the bytes of the database's files."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from sessions_app import editing, forgetting, lease, lifecycle, recording, search
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import (
    DOOMED_AT,
    AuditEntry,
    EndReason,
    Event,
    JobRun,
    Profile,
    Share,
    ToneFeedback,
    VoiceAllocation,
    VoiceSession,
)
from tests.conftest import SECOND_OF_SILENCE, logged_in, person
from tests.sockets import microphone_of, view_of
from tests.test_recording import batch_of, words

CANARY = "quartzowl"


def purge(**options):
    output = StringIO()
    call_command("purge_expired", stdout=output, **options)
    return output.getvalue().splitlines()


def planted(owner):
    """Return an ended session with the canary wherever people or machines may write."""
    voice_session = lifecycle.create(owner, title=f"{CANARY} title")
    tone = SessionEvent(kind=Kind.TONE, start_ms=0, end_ms=9, speaker="Speaker A", label=f"{CANARY} label")
    recording.append(voice_session.pk, [words(f"{CANARY} said"), words("plain"), tone])
    editing.correct_words(voice_session, 2, f"{CANARY} corrected", author=owner)
    editing.correct_words(voice_session, 1, "the original is kept beside it", author=owner)
    editing.name_speaker(voice_session, "Speaker A", f"{CANARY} name", author=owner)
    editing.rename(voice_session, f"{CANARY} again", author=owner)
    editing.add_note(voice_session, author=owner, at_ms=0, text=f"{CANARY} note")
    Share.objects.create(session=voice_session, name=f"{CANARY} friend", token_sha256=f"{voice_session.pk.hex:0>64}")
    ToneFeedback.objects.create(
        session=voice_session, seq=3, user=owner, label=f"{CANARY} label", verdict="heard_as", heard_as=CANARY
    )
    lifecycle.end(voice_session, EndReason.USER)
    search.index(voice_session.pk)
    return voice_session


def tables_with(canary):
    """Return the tables in which `canary` is, looked for in every column of every row."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return [table for table in tables if canary in dump_of(cursor, table)]


def dump_of(cursor, table):
    whole_row = f'SELECT row_to_json(t)::text FROM "{table}" t'
    cursor.execute(whole_row if connection.vendor == "postgresql" else f'SELECT * FROM "{table}"')
    return "".join(
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for row in cursor.fetchall()
        for value in row
    )


def files_with(canary):
    path = Path(connection.settings_dict["NAME"])
    return [file.name for file in path.parent.glob(f"{path.name}*") if canary.encode() in file.read_bytes()]


def aged(voice_session, **ages):
    """Move moments of a session into the past: `ended_at=3` is three days ago."""
    moments = {name: timezone.now() - timedelta(days=days) for name, days in ages.items()}
    VoiceSession.objects.filter(pk=voice_session.pk).update(**moments)


def is_there(voice_session):
    return VoiceSession.objects.filter(pk=voice_session.pk).exists()


@pytest.mark.django_db(transaction=True)
class TestNothingIsLeft:
    def test_the_canary_is_found_before(self, alice):
        planted(alice)

        found = set(tables_with(CANARY))

        assert {f"sessions_app_{name}" for name in ("voicesession", "event", "revision", "note", "share")} <= found
        assert {f"sessions_app_{name}" for name in ("speakername", "tonefeedback")} <= found

    def test_a_deleted_session_leaves_no_table_a_word(self, alice):
        aged(planted(alice), deleted_at=1)

        purge()

        assert tables_with(CANARY) == []

    def test_a_neighbour_keeps_all_of_its_own(self, alice):
        kept, doomed = planted(alice), planted(alice)
        before = kept.events.count()
        aged(doomed, deleted_at=1)

        purge()

        assert kept.events.count() == before
        assert kept.notes.count() == 1

    @pytest.mark.skipif("sqlite" not in site.DATABASES["default"]["ENGINE"], reason="looks at SQLite's files")
    def test_it_leaves_the_files_no_byte(self, alice):
        kept = lifecycle.create(alice, title="kept")
        for _ in range(30):  # rows that are moved about among others leave copies in the gaps of pages
            aged(planted(alice), deleted_at=1)
            recording.append(kept.pk, [words("ordinary " * 20) for _ in range(5)])
        assert files_with(CANARY)

        purge()

        assert files_with(CANARY) == []

    def test_an_account_leaves_nothing_at_all(self, alice):
        alice.first_name = CANARY
        alice.email = f"{CANARY}@example.org"
        alice.save()
        planted(alice)

        forgetting.forget_account(alice)
        purge()  # wipes what the search index still holds, as for every deletion

        assert tables_with(CANARY) == []
        assert not get_user_model().objects.filter(username="alice").exists()

    def test_what_the_admin_wrote_down_of_a_session_goes_along(self, alice, stella):
        voice_session = planted(alice)
        LogEntry.objects.log_actions(stella.pk, [voice_session], 2, change_message=CANARY)
        aged(voice_session, deleted_at=1)

        purge()

        assert tables_with(CANARY) == []


@pytest.mark.django_db
class TestWhatIsDue:
    @pytest.fixture
    def ended(self, voice_session):
        lifecycle.end(voice_session, EndReason.USER)
        return voice_session

    def test_a_session_is_kept_until_its_owner_says_otherwise(self, ended):
        aged(ended, ended_at=5000, created_at=5000)

        assert purge() == []

    def test_a_deleted_one_can_be_had_back_for_a_while(self, ended, alice, settings):
        VoiceSession.objects.filter(pk=ended.pk).update(deleted_at=timezone.now() - timedelta(seconds=500))
        assert purge() == []
        assert VoiceSession.objects.deleted_by(alice).count() == 1

        settings.LINNET_UNDO_S = 400

        assert purge() == [f"forgot {ended.pk}"]

    def test_one_that_was_brought_back_in_time_stays(self, ended):
        aged(ended, deleted_at=1)
        due = VoiceSession.objects.filter(pk=ended.pk, deleted_at__isnull=False)
        ids = forgetting.purge(due)
        VoiceSession.objects.update(deleted_at=None)  # between the look and the deed

        assert list(ids) == []
        assert is_there(ended)

    def test_the_time_of_the_account_counts_from_the_end(self, ended, alice):
        Profile.objects.create(user=alice, keep_days=30)
        aged(ended, ended_at=29, created_at=40)
        assert purge() == []

        aged(ended, ended_at=31)

        assert purge() == [f"forgot {ended.pk}"]

    def test_the_time_of_one_account_is_not_that_of_another(self, ended, bob):
        Profile.objects.create(user=bob, keep_days=1)
        aged(ended, ended_at=31, created_at=31)

        assert purge() == []

    def test_a_session_s_own_time_goes_before_the_account_s(self, ended, alice):
        Profile.objects.create(user=alice, keep_days=1)
        aged(ended, ended_at=31, created_at=31, keep_until=-1)
        assert purge() == []

        aged(ended, keep_until=0.001)

        assert purge() == [f"forgot {ended.pk}"]

    def test_one_to_be_forgotten_at_its_end_goes_once_it_ended(self, alice):
        voice_session = lifecycle.create(alice, forget_at_end=True)
        assert purge() == []

        lifecycle.end(voice_session, EndReason.USER)

        assert purge() == [f"forgot {voice_session.pk}"]

    def test_but_not_while_its_microphone_finishes_its_words(self, alice):
        voice_session = lifecycle.create(alice, forget_at_end=True)
        held = lease.claim(voice_session.pk, take_over=False)
        lifecycle.end(voice_session, EndReason.USER)
        assert purge() == []

        lease.release(held)

        assert purge() == [f"forgot {voice_session.pk}"]

    def test_a_dry_run_only_says_what_would_go(self, ended):
        aged(ended, deleted_at=1)

        assert purge(dry_run=True) == [f"would forget {ended.pk}"]
        assert is_there(ended)

    def test_a_run_is_written_down(self, ended):
        aged(ended, deleted_at=1)

        purge()

        assert JobRun.objects.get(name="purge_expired").done == 1


@pytest.mark.django_db
class TestInterruptions:
    def test_a_session_whose_purge_has_begun_comes_back_for_nobody(self, alices_browser, voice_session):
        alices_browser.post(f"/sessions/{voice_session.pk}/delete/")
        stale = VoiceSession.objects.get(pk=voice_session.pk)
        forgetting._doom(VoiceSession.objects.filter(pk=voice_session.pk))

        assert lifecycle.undelete(stale) is False
        lifecycle.delete(stale)
        assert VoiceSession.objects.get().deleted_at == DOOMED_AT
        assert alices_browser.post(f"/sessions/{voice_session.pk}/undelete/").status_code == 404

    def test_a_purge_that_was_interrupted_goes_on(self, alice, monkeypatch):
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

    def test_an_account_that_was_half_deleted_is_finished_by_the_purge(self, alice):
        planted(alice)
        forgetting.leave(alice)

        purge()

        assert not get_user_model().objects.filter(username="alice").exists()
        assert not VoiceSession.objects.exists()

    def test_an_allocation_that_cannot_be_given_back_waits_for_the_reaper(self, alice, settings):
        settings.CF_ORCH_URL = "http://127.0.0.1:9"  # nobody listens there
        voice_session = planted(alice)
        VoiceAllocation.objects.create(
            allocation_id="a-1", url="http://voice", session=voice_session, expires_at=timezone.now()
        )
        aged(voice_session, deleted_at=1)

        purge()

        assert not is_there(voice_session)
        assert VoiceAllocation.objects.get().session_id is None

    def test_files_that_cannot_be_written_now_are_left_to_the_next_pass(self, voice_session, monkeypatch):
        def busy():
            raise OperationalError("database is locked")

        monkeypatch.setattr(forgetting, "_is_scrub_due", lambda: True)
        monkeypatch.setattr(forgetting.search_index, "scrub", busy)

        assert forgetting.scrub() is False


@pytest.mark.django_db
def test_an_allocation_that_arrives_for_a_forgotten_session_is_not_lost(alice):
    from sessions_app import allocations
    from sessions_app.voice.cf_orch import Allocation

    voice_session = planted(alice)
    list(forgetting.purge(VoiceSession.objects.filter(pk=voice_session.pk)))

    allocations._remember(voice_session.pk, Allocation("a-1", "http://voice"))

    assert VoiceAllocation.objects.get().session_id is None


@pytest.mark.django_db
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


@pytest.mark.django_db
class TestPages:
    def test_an_account_chooses_how_long_it_remembers(self, alices_browser, alice):
        answer = alices_browser.post("/profile/keeping/", {"keep_days": "30"})

        assert answer.status_code == 303
        assert Profile.objects.get(user=alice).keep_days == 30
        assert "selected>30 days" in alices_browser.get("/profile/keeping/").text

    def test_a_choice_that_forgets_sessions_at_once_is_asked_for_twice(self, alices_browser, voice_session, alice):
        lifecycle.end(voice_session, EndReason.USER)
        aged(voice_session, ended_at=9, created_at=9)

        answer = alices_browser.post("/profile/keeping/", {"keep_days": "7"})
        assert answer.status_code == 400
        assert "1 session is older" in answer.text
        assert Profile.objects.get(user=alice).keep_days is None

        assert alices_browser.post("/profile/keeping/", {"keep_days": "7", "is_understood": "on"}).status_code == 303

    def test_and_back_to_for_ever(self, alices_browser, alice):
        Profile.objects.create(user=alice, keep_days=30)

        alices_browser.post("/profile/keeping/", {"keep_days": ""})

        assert Profile.objects.get(user=alice).keep_days is None

    @pytest.mark.parametrize("nonsense", ["2", "-1", "soon"])
    def test_nonsense_is_refused(self, alices_browser, alice, voice_session, nonsense):
        assert alices_browser.post("/profile/keeping/", {"keep_days": nonsense}).status_code == 400
        kept = (f"/sessions/{voice_session.pk}/keeping/", {"keep": nonsense})
        assert alices_browser.post(*kept, headers={"accept": "application/json"}).status_code == 400
        assert "Choose one of the times." in alices_browser.post(*kept, follow=True).text

    def test_one_session_is_kept_for_another_time(self, alices_browser, voice_session):
        answer = alices_browser.post(f"/sessions/{voice_session.pk}/keeping/", {"keep": "30"})

        voice_session.refresh_from_db()
        assert answer.status_code == 303
        assert timedelta(days=29) < voice_session.keep_until - timezone.now() < timedelta(days=31)

    def test_a_session_is_started_to_be_forgotten_at_its_end(self, alices_browser):
        alices_browser.post("/sessions/", {"forget_at_end": "on"})

        assert VoiceSession.objects.get().forget_at_end

    def test_an_account_is_deleted_with_everything(self, alice, bob):
        planted(alice)
        hers, his = logged_in(alice), logged_in(bob)
        elsewhere = logged_in(alice)

        answer = hers.post("/profile/delete/", {"name": "alice", "password": "secret words"})

        assert answer.status_code == 303
        assert not get_user_model().objects.filter(username="alice").exists()
        assert "Your account is deleted" in hers.get(answer["Location"]).text
        assert elsewhere.get("/sessions/").status_code == 302
        assert his.get("/sessions/").status_code == 200

    @pytest.mark.parametrize("fields", [{"name": "alice"}, {"name": "bob", "password": "secret words"}, {}])
    def test_but_not_without_name_and_password(self, alices_browser, fields):
        answer = alices_browser.post("/profile/delete/", {"password": "guessed"} | fields)

        assert answer.status_code == 400
        assert get_user_model().objects.filter(username="alice", is_active=True).exists()

    def test_what_staff_did_outlives_their_account(self, alice):
        AuditEntry.note(alice, "reveal")

        forgetting.forget_account(alice)

        entry = AuditEntry.objects.get()
        assert (entry.actor, entry.actor_name) == (None, "alice")

    def test_everybody_can_read_what_is_kept(self, client):
        assert "Sound is never stored" in client.get("/privacy/").text


@pytest.mark.django_db
def test_what_is_older_counts_only_what_would_go(alice):
    old, kept, young = (lifecycle.create(alice) for _ in range(3))
    for voice_session in (old, kept, young):
        lifecycle.end(voice_session, EndReason.USER)
    aged(old, ended_at=9, created_at=9)
    aged(kept, ended_at=9, created_at=9, keep_until=-300)
    other = lifecycle.create(person("carol"))
    aged(other, created_at=9)

    assert [found.pk for found in forgetting.older_than(alice, 7)] == [old.pk]
