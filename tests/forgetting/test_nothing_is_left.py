"""Forgotten is forgotten: in every table, and in the bytes of the database's files."""

from __future__ import annotations

import secrets

import pytest
from django.conf import settings as site
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session

from sessions_app import forgetting, lifecycle, recording
from tests.forgetting.conftest import CANARY, aged, files_with, planted, purge, tables_with
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_canary_is_found_before(alice):
    planted(alice)

    found = set(tables_with(CANARY))

    assert {f"sessions_app_{name}" for name in ("voicesession", "event", "revision", "note", "share")} <= found
    assert {f"sessions_app_{name}" for name in ("speakername", "tonefeedback")} <= found


def test_a_deleted_session_leaves_no_table_a_word(alice):
    aged(planted(alice), deleted_at=1)

    purge()

    assert tables_with(CANARY) == []


def test_notices_with_its_title_that_nobody_reads_are_in_no_cookie_session(alice, alices_browser):
    for _ in range(20):
        titled = lifecycle.create(alice, title=secrets.token_hex(90))
        alices_browser.post(f"/sessions/{titled.pk}/delete/")
        aged(titled, deleted_at=1)

    purge()

    assert [login for login in Session.objects.all() if "is deleted" in str(login.get_decoded())] == []


def test_a_neighbour_keeps_all_of_its_own(alice):
    kept, doomed = planted(alice), planted(alice)
    before = kept.events.count()
    aged(doomed, deleted_at=1)

    purge()

    assert kept.events.count() == before
    assert kept.notes.count() == 1


@pytest.mark.skipif("sqlite" not in site.DATABASES["default"]["ENGINE"], reason="looks at SQLite's files")
def test_it_leaves_the_files_no_byte(alice):
    kept = lifecycle.create(alice, title="kept")
    for _ in range(30):  # rows that are moved about among others leave copies in the gaps of pages
        aged(planted(alice), deleted_at=1)
        recording.append(kept.pk, [words("ordinary " * 20) for _ in range(5)])
    assert files_with(CANARY)

    purge()

    assert files_with(CANARY) == []


def test_an_account_leaves_nothing_at_all(alice):
    alice.first_name = CANARY
    alice.email = f"{CANARY}@example.org"
    alice.save()
    planted(alice)

    forgetting.forget_account(alice)
    purge()  # wipes what the search index still holds, as for every deletion

    assert tables_with(CANARY) == []
    assert not get_user_model().objects.filter(username="alice").exists()


def test_what_the_admin_wrote_down_of_a_session_goes_along(alice, stella):
    voice_session = planted(alice)
    LogEntry.objects.log_actions(stella.pk, [voice_session], 2, change_message=CANARY)
    aged(voice_session, deleted_at=1)

    purge()

    assert tables_with(CANARY) == []
