"""What staff did stays written down, and records stay as they are."""

from __future__ import annotations

import uuid

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, connection, transaction

from sessions_app import recording
from sessions_app.models import AuditEntry
from tests.admin.conftest import SECRET, clerk, shown
from tests.conftest import person
from tests.test_recording import words

pytestmark = pytest.mark.django_db


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


def test_secrets_of_second_factors_cannot_be_guessed_at_by_filters(alice):
    Authenticator.objects.create(user=alice, type="totp", data={"secret": SECRET})
    browser = clerk("view_authenticator")

    assert browser.get(f"/admin/mfa/authenticator/?data__secret__startswith={SECRET[:3]}").status_code == 400


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

    def test_no_entry_takes_the_place_of_another(self, entry):
        values = "(id, at, actor_name, action, detail) VALUES (%s, '2001-01-01', '', 'nothing', '')"
        instead = {
            "sqlite": f"INSERT OR REPLACE INTO sessions_app_auditentry {values}",
            "postgresql": f"INSERT INTO sessions_app_auditentry {values} ON CONFLICT (id) DO UPDATE SET detail = ''",
        }

        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(instead[connection.vendor], [entry.pk])

        assert AuditEntry.objects.get().detail == "ticket 1"

    def test_the_table_is_not_emptied_as_a_whole(self, entry):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite knows DELETE alone")

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end of the test refuses, too
            with pytest.raises(DatabaseError, match="cannot be changed or deleted"), transaction.atomic():
                cursor.execute("TRUNCATE sessions_app_auditentry")

        assert AuditEntry.objects.exists()

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
