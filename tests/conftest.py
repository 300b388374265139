"""People and things: Alice owns a session, Bob is a stranger, Stella is staff."""

from __future__ import annotations

import os

import pytest
from channels.layers import channel_layers
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client

from sessions_app import database_threads, lifecycle
from sessions_app.models import AuditEntry, VoiceSession
from tests.canary import Watch

SECOND_OF_SILENCE = bytes(32_000)
SLOWEST_FIRST = ("browser/test_real_speech", "test_on_postgresql", "browser/", "faults/", "stream_audio/", "engine/")


def require(is_there: bool, what: str) -> None:
    """Skip without `what`, with a reason; in CI it must be there."""
    if is_there:
        return
    if os.environ.get("LINNET_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is required here (LINNET_REQUIRE_SERVICES=1)")
    pytest.skip(f"needs {what}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The slowest files first: what begins last is short, and neither of two workers waits for the other."""
    items.sort(key=lambda item: next((rank for rank, part in enumerate(SLOWEST_FIRST) if part in item.nodeid), 99))


@pytest.fixture(autouse=True)
def fresh_channel_layer():
    """Groups of dead sockets outlive them: every test gets an empty layer."""
    channel_layers.backends = {}


@pytest.fixture(scope="session", autouse=True)
def canary_watch():
    """Whatever a test does: what was said is in no log record, no cache and no error page."""
    with Watch().over_everything() as watch:
        yield watch
    assert not watch.sightings, "\n".join(dict.fromkeys(watch.sightings))


@pytest.fixture(autouse=True)
def canary_in_no_cache(canary_watch):
    yield
    canary_watch.look_at_cache()


@pytest.fixture
def commits_at_once(monkeypatch):
    """A test's own transaction is never committed: what waits for that happens at once."""
    monkeypatch.setattr(transaction, "on_commit", lambda callback, **options: callback())


@pytest.fixture(autouse=True)
def audit_entries_end_with_their_test(request):
    """A test with real transactions empties the tables afterwards, which the audit log's triggers refuse."""
    marker = request.node.get_closest_marker("django_db")
    yield
    is_transactional = "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction"))
    if is_transactional and AuditEntry.objects.exists():
        with connection.cursor() as cursor:
            _delete_in_sqlite(cursor) if connection.vendor == "sqlite" else _delete_in_postgresql(cursor)


def _delete_in_sqlite(cursor):
    cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_cannot_go'")
    [trigger] = cursor.fetchone()
    cursor.execute("DROP TRIGGER audit_cannot_go")
    cursor.execute("DELETE FROM sessions_app_auditentry")
    cursor.execute(trigger)


def _delete_in_postgresql(cursor):
    cursor.execute("ALTER TABLE sessions_app_auditentry DISABLE TRIGGER USER")
    cursor.execute("DELETE FROM sessions_app_auditentry")
    cursor.execute("ALTER TABLE sessions_app_auditentry ENABLE TRIGGER USER")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    yield
    database_threads.close_connections()
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:  # asgiref's threads keep theirs open
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def person(username, **rights):
    return get_user_model().objects.create_user(username, f"{username}@example.org", "secret words", **rights)


@pytest.fixture
def alice(db):
    return person("alice")


@pytest.fixture
def bob(db):
    return person("bob")


@pytest.fixture
def stella(db):
    return person("stella", is_staff=True, is_superuser=True)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alices_browser(alice):
    return logged_in(alice)


@pytest.fixture
def bobs_browser(bob):
    return logged_in(bob)


@pytest.fixture
def voice_session(alice) -> VoiceSession:
    return lifecycle.create(alice, title="The bank")
