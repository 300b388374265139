"""An installation that has been in use is brought up to date: what it holds is there and is found."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from sessions_app.models import SearchDocument, VoiceSession
from tests.test_search import call, found

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_IN_USE = "0005"


@pytest.fixture
def in_use(alice):
    """Alice's installation as it was: its tables before the last migrations, its sessions indexed by then."""
    call(alice, "to be or not to be", "the marmalade of the café", title="Old")
    call_command("migrate", "sessions_app", FIRST_IN_USE, verbosity=0)
    yield alice
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize("question", ["marmal", "CAFE", '"to be or not"'])
def test_old_words_are_found_at_once_and_after_the_reaper_came_by(in_use, question):
    call_command("migrate", verbosity=0)

    assert SearchDocument.objects.exists() == (connection.vendor == "sqlite")  # PostgreSQL's knew no pairs of words
    assert found(in_use, question) == {"Old"}
    call_command("reap_idle_sessions")
    assert found(in_use, question) == {"Old"}
    assert VoiceSession.objects.get().is_indexed
    assert SearchDocument.objects.exists()
