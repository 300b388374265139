"""What staff can see and do, and what they cannot."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app import editing, lease, lifecycle, recording
from sessions_app.annotation.events import GapCause, Kind, SessionEvent, gap
from sessions_app.models import AuditEntry, EndReason, JobRun, ToneFeedback, VoiceAllocation, VoiceSession
from tests.conftest import logged_in, person
from tests.test_recording import words

pytestmark = pytest.mark.django_db

SESSIONS = "/admin/sessions_app/voicesession/"
FEEDBACK = "/admin/sessions_app/tonefeedback/"
SECRET = "the heron stands in the reeds"


@pytest.fixture
def stellas_browser(stella):
    return logged_in(stella)


def clerk(*permissions):
    """Return the browser of a staff member who may do only this."""
    user = person(f"clerk{uuid.uuid4().hex[:6]}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return logged_in(user)


def act(browser, action, *sessions, address=SESSIONS, **fields):
    chosen = [str(getattr(row, "pk", row)) for row in sessions]
    return browser.post(address, {"action": action, "_selected_action": chosen, **fields}, follow=True)


def shown(browser, address):
    """Return the objects of a list, and the page."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list), answer.text


class TestTheListOfSessions:
    def test_staff_find_a_session_by_its_number_however_it_is_spelt(self, stellas_browser, voice_session, bob):
        lifecycle.create(bob)

        for spelling in (str(voice_session.pk), voice_session.pk.hex, f" {str(voice_session.pk).upper()} "):
            found, _ = shown(stellas_browser, f"{SESSIONS}?q={spelling}")
            assert found == [voice_session]

    @pytest.mark.parametrize("term", ["alice", "ALI", "alice@example"])
    def test_and_by_owner(self, stellas_browser, voice_session, bob, term):
        lifecycle.create(bob)

        assert shown(stellas_browser, f"{SESSIONS}?q={term}")[0] == [voice_session]

    def test_but_titles_are_neither_shown_nor_guessed_at(self, stellas_browser, voice_session):
        assert "The bank" not in shown(stellas_browser, SESSIONS)[1]
        assert shown(stellas_browser, f"{SESSIONS}?q=bank")[0] == []

    def test_it_says_how_each_one_stands(self, stellas_browser, voice_session):
        lease.claim(voice_session.pk, take_over=False)
        recording.append(voice_session.pk, [gap(cause=GapCause.OVERLOAD, start_ms=0, end_ms=9)] * 3)

        [row], page = shown(stellas_browser, SESSIONS)

        assert row.gap_count == 3
        assert '<td class="field-lag">0 s</td>' in page
        assert '<td class="field-gaps">3</td>' in page
        assert '<td class="field-who_is_there">microphone</td>' in page

    @pytest.mark.parametrize(
        ("chosen", "is_found"),
        [
            ("state__exact=running", True),
            ("state__exact=stopped", False),
            ("engine=none", True),
            ("engine=scripted", False),
            ("attention=microphone", False),
            ("attention=idle", True),
            ("attention=allocation", True),
            ("attention=deleted", False),
        ],
    )
    def test_filters(self, stellas_browser, voice_session, chosen, is_found):
        VoiceSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=200))
        allocated(voice_session)

        assert bool(shown(stellas_browser, f"{SESSIONS}?{chosen}")[0]) is is_found

    def test_it_costs_as_many_queries_for_fifty_sessions_as_for_one(self, stellas_browser, alice):
        def queries():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                stellas_browser.get(SESSIONS)
            return len(captured)

        lifecycle.create(alice)
        queries()  # content types are remembered
        for_one = queries()
        for number in range(50):
            lifecycle.create(person(f"person{number}"), title=f"Call {number}")

        assert queries() == for_one <= 8

    def test_only_staff_get_in(self, alices_browser):
        assert alices_browser.get(SESSIONS).status_code == 302


def allocated(voice_session):
    return VoiceAllocation.objects.create(
        allocation_id="a-1", url="http://voice", session=voice_session, expires_at=timezone.now() + timedelta(hours=1)
    )


class TestActions:
    def test_more_than_one_request_may_take_is_said(self, stellas_browser, alice, monkeypatch):
        monkeypatch.setattr("sessions_app.admin.sessions.MOST_AT_ONCE", 2)
        three = [lifecycle.create(alice) for _ in range(3)]

        answer = act(stellas_browser, "end_sessions", *three)

        assert VoiceSession.objects.running().count() == 1
        assert "Only the first 2 sessions were taken" in answer.text

    def test_staff_end_a_session(self, stellas_browser, voice_session):
        act(stellas_browser, "end_sessions", voice_session)

        voice_session.refresh_from_db()
        assert voice_session.end_reason == EndReason.ADMIN
        assert entries() == [("end", voice_session.pk)]

    def test_reaping_spares_who_is_not_idle(self, stellas_browser, alice):
        idle, busy = lifecycle.create(alice), lifecycle.create(alice)
        VoiceSession.objects.filter(pk=idle.pk).update(last_seen_at=timezone.now() - timedelta(seconds=200))

        act(stellas_browser, "reap_sessions", idle, busy)

        assert list(VoiceSession.objects.running()) == [busy]
        assert entries() == [("reap", idle.pk)]

    def test_an_allocation_that_cannot_be_given_back_is_named(self, stellas_browser, voice_session, settings):
        settings.CF_ORCH_URL = "http://127.0.0.1:9"
        allocated(voice_session)

        answer = act(stellas_browser, "release_allocations", voice_session)

        assert "1 cannot be given back now" in answer.text
        assert entries() == [("release", voice_session.pk)]

    def test_forgetting_is_asked_for_twice_and_leaves_an_entry(self, stellas_browser, voice_session):
        asked = act(stellas_browser, "purge_sessions", voice_session)
        assert "This cannot be undone" in asked.text
        assert VoiceSession.objects.exists()

        act(stellas_browser, "purge_sessions", voice_session, confirmed="yes")

        assert not VoiceSession.objects.exists()
        assert entries() == [("purge", voice_session.pk)]

    def test_an_account_is_forgotten_with_everything(self, stellas_browser, voice_session, alice):
        act(stellas_browser, "forget_accounts", alice, address="/admin/auth/user/", confirmed="yes")

        assert not VoiceSession.objects.exists()
        assert not type(alice).objects.filter(username="alice").exists()
        assert [action for action, _ in entries()] == ["forget account"]

    def test_who_may_only_look_cannot_act(self, voice_session):
        browser = clerk("view_voicesession")

        for action in ("end_sessions", "reap_sessions", "release_allocations", "purge_sessions"):
            act(browser, action, voice_session, confirmed="yes")

        assert VoiceSession.objects.get().is_running
        assert entries() == []


def entries():
    return list(AuditEntry.objects.order_by("id").values_list("action", "session_id"))


class TestWhatWasSaid:
    @pytest.fixture
    def secret_session(self, alice):
        voice_session = lifecycle.create(alice, title=f"{SECRET} (title)")
        tone = SessionEvent(kind=Kind.TONE, start_ms=0, end_ms=9, speaker="Speaker A", label=f"{SECRET} (label)")
        recording.append(voice_session.pk, [words(f"{SECRET} (words)"), tone])
        editing.name_speaker(voice_session, "Speaker A", f"{SECRET} (name)", author=alice)
        editing.add_note(voice_session, author=alice, text=f"{SECRET} (note)")
        return voice_session

    def test_no_page_of_the_admin_shows_it(self, stellas_browser, secret_session):
        event = secret_session.events.first()
        pages = [
            "/admin/", SESSIONS, f"{SESSIONS}{secret_session.pk}/change/", f"{SESSIONS}{secret_session.pk}/history/",
            "/admin/sessions_app/event/", f"/admin/sessions_app/event/?q={secret_session.pk}",
            f"/admin/sessions_app/event/{event.pk}/change/", f"{SESSIONS}{secret_session.pk}/reveal/",
        ]  # fmt: skip

        for address in pages:
            answer = stellas_browser.get(address)
            assert answer.status_code == 200, address
            assert SECRET not in answer.text, address

    def test_it_is_revealed_for_a_reason_and_that_is_written_down(self, stellas_browser, secret_session):
        answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

        for part in ("words", "label", "name", "title"):
            assert f"{SECRET} ({part})" in answer.text
        assert f"{SECRET} (note)" not in answer.text
        assert "no-store" in answer["Cache-Control"]
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.session_id, entry.actor_name) == ("reveal", secret_session.pk, "stella")
        assert "ticket 4711" in entry.detail

    def test_its_owner_sees_that_it_was_revealed(self, stellas_browser, alices_browser, secret_session):
        lifecycle.end(secret_session, EndReason.USER)
        page = f"/sessions/{secret_session.pk}/"
        before = alices_browser.get(page).text

        stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

        assert "staff read what was said here" not in before
        assert "staff read what was said here" in alices_browser.get(page).text

    def test_once(self, stellas_browser, secret_session):
        address = f"{SESSIONS}{secret_session.pk}/reveal/"
        stellas_browser.post(address, {"reason": "ticket 4711"})

        assert SECRET not in stellas_browser.get(address).text

    @pytest.mark.parametrize("reason", ["", "why"])
    def test_not_without_a_reason(self, stellas_browser, secret_session, reason):
        answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": reason})

        assert SECRET not in answer.text
        assert not AuditEntry.objects.exists()

    def test_not_without_the_permission(self, secret_session):
        browser = clerk("view_voicesession", "change_voicesession", "view_event")

        answer = browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "curious, that is all"})

        assert answer.status_code == 403
        assert not AuditEntry.objects.exists()

    def test_not_once_its_owner_has_deleted_it(self, stellas_browser, secret_session):
        lifecycle.delete(secret_session)

        answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

        assert answer.status_code == 404

    def test_with_the_permission_alone(self, secret_session):
        browser = clerk("reveal_event")

        answer = browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

        assert f"{SECRET} (words)" in answer.text

    def test_what_was_said_is_escaped(self, stellas_browser, voice_session):
        recording.append(voice_session.pk, [words("<script>alert(1)</script>")])

        answer = stellas_browser.post(f"{SESSIONS}{voice_session.pk}/reveal/", {"reason": "ticket 4711"})

        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert" in answer.text


def test_records_cannot_be_changed_added_or_deleted(stellas_browser, stella, voice_session):
    recording.append(voice_session.pk, [words()])
    entry = AuditEntry.note(stella, "end")
    rows = {"event": voice_session.events.get().pk, "auditentry": entry.pk, "voicesession": voice_session.pk}

    for model, pk in rows.items():
        base = f"/admin/sessions_app/{model}"
        assert stellas_browser.get(f"{base}/{pk}/change/").status_code == 200
        assert stellas_browser.post(f"{base}/{pk}/change/", {"text": "changed"}).status_code == 403
        assert stellas_browser.get(f"{base}/add/").status_code == 403
        assert stellas_browser.post(f"{base}/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_second_factors_are_shown_without_their_secrets(stellas_browser, alice):
    factor = Authenticator.objects.create(user=alice, type="totp", data={"secret": SECRET})

    for address in ("/admin/mfa/authenticator/", f"/admin/mfa/authenticator/{factor.pk}/change/"):
        answer = stellas_browser.get(address)
        assert "alice" in answer.text
        assert SECRET not in answer.text


class TestTheAuditLog:
    @pytest.fixture
    def entry(self, stella):
        return AuditEntry.note(stella, "reveal", session_id=uuid.uuid4(), detail="ticket 1")

    def test_the_model_refuses(self, entry):
        with pytest.raises(TypeError):
            entry.save()
        with pytest.raises(TypeError):
            entry.delete()
        with pytest.raises(TypeError):
            AuditEntry.objects.update(action="nothing")
        with pytest.raises(TypeError):
            AuditEntry.objects.all().delete()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE sessions_app_auditentry SET action = 'nothing'",
            "UPDATE sessions_app_auditentry SET detail = ''",
            "UPDATE sessions_app_auditentry SET at = '2001-01-01'",
            "UPDATE sessions_app_auditentry SET session_id = NULL",
            "UPDATE sessions_app_auditentry SET actor_name = 'somebody', actor_id = NULL",
            "DELETE FROM sessions_app_auditentry",
        ],
    )
    def test_the_database_refuses_too(self, entry, statement):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

        assert AuditEntry.objects.get().detail == "ticket 1"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("round_", [1, 2])
    def test_it_stands_outside_of_a_transaction_too(self, round_):
        """Twice: the second finds an empty log, and the trigger in its place."""
        assert not AuditEntry.objects.exists()
        AuditEntry.note(person("sam", is_staff=True), "end")

        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("DELETE FROM sessions_app_auditentry")

    def test_an_account_may_go(self, entry, stella):
        stella.delete()

        assert AuditEntry.objects.get().actor_name == "stella"

    def test_it_is_searched_by_session(self, stellas_browser, entry, stella):
        AuditEntry.note(stella, "end", session_id=uuid.uuid4())

        found, _ = shown(stellas_browser, f"/admin/sessions_app/auditentry/?q={entry.session_id}")

        assert found == [entry]


class TestHealth:
    def test_it_says_what_linnet_stands_on_and_what_its_jobs_did(self, stellas_browser):
        JobRun.objects.create(name="reap_idle_sessions", took_ms=12, done=3)

        page = stellas_browser.get("/admin/sessions_app/jobrun/").text

        assert "12 ms" in page
        assert "never: is it in cron?" in page  # the purge
        for part in ("database", "channel layer", "voice", "Batches waiting in the journal"):
            assert part in page

    def test_a_job_that_is_late_is_marked(self, stellas_browser):
        JobRun.objects.create(name="purge_expired", finished_at=timezone.now() - timedelta(hours=1))

        assert "late: is it in cron?" in stellas_browser.get("/admin/sessions_app/jobrun/").text

    def test_it_is_for_those_who_may_see_it(self):
        assert clerk("view_voicesession").get("/admin/sessions_app/jobrun/").status_code == 403
        assert clerk("view_jobrun").get("/admin/sessions_app/jobrun/").status_code == 200


class TestFeedback:
    @pytest.fixture
    def feedback(self, voice_session, alice):
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

    def test_only_what_was_shared_is_shown_and_whose_it_is_is_not(self, stellas_browser, feedback, voice_session):
        found, page = shown(stellas_browser, FEEDBACK)

        assert found == feedback[:2]
        assert SECRET not in page
        assert "alice" not in page
        assert str(voice_session.pk) not in page

    def test_what_is_private_can_be_neither_seen_nor_approved(self, stellas_browser, feedback):
        act(stellas_browser, "approve", *feedback, address=FEEDBACK)

        assert stellas_browser.get(f"{FEEDBACK}{feedback[2].pk}/change/").status_code == 302
        assert list(ToneFeedback.objects.filter(is_approved=True).order_by("pk")) == feedback[:2]

    def test_what_was_reviewed_leaves_the_queue(self, stellas_browser, feedback):
        act(stellas_browser, "approve", feedback[0], address=FEEDBACK)
        act(stellas_browser, "reject", feedback[1], address=FEEDBACK)

        assert shown(stellas_browser, f"{FEEDBACK}?review=waiting")[0] == []
        assert shown(stellas_browser, f"{FEEDBACK}?review=approved")[0] == feedback[:1]
        assert shown(stellas_browser, f"{FEEDBACK}?review=rejected")[0] == feedback[1:2]
        assert [action for action, _ in entries()] == ["approve", "reject"]

    def test_the_export_holds_what_is_approved_and_shared_and_nothing_else(self, stellas_browser, feedback):
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

    def test_who_may_only_look_cannot_review(self, feedback):
        act(clerk("view_tonefeedback"), "approve", *feedback, address=FEEDBACK)

        assert not ToneFeedback.objects.filter(is_approved=True).exists()
