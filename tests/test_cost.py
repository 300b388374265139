"""What may not grow: statements to the database, on every thread. docs/performance.md has the measured costs."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.backends.utils import CursorWrapper

from sessions_app import guard, journal, lease, lifecycle, presence, recording
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, view_of
from tests.test_recording import batch_of, words

pytestmark = pytest.mark.django_db(transaction=True)

FRAME = SECOND_OF_SILENCE[:3200]
MAX_QUERIES_OF_A_PAGE = 7
SETTLING_S = 1.0  # what opening began is done then, and who is there has been told


@pytest.fixture
def statements(monkeypatch):
    """The first word of each statement, in order, whichever thread sends it; permission is not asked meanwhile."""
    monkeypatch.setattr(guard, "CHECK_S", 86_400.0)
    seen = []
    execute, execute_many = CursorWrapper.execute, CursorWrapper.executemany

    def note(method):
        def noted(cursor, sql, *args):
            seen.append(sql.split()[0])
            return method(cursor, sql, *args)

        return noted

    monkeypatch.setattr(CursorWrapper, "execute", note(execute))
    monkeypatch.setattr(CursorWrapper, "executemany", note(execute_many))
    return seen


def changes(statements):
    """Leave out what opens and closes transactions and connections."""
    return [word for word in statements if word in {"WITH", "UPDATE", "INSERT", "SELECT", "DELETE"}]


async def test_a_frame_costs_no_query(alices_browser, voice_session, statements):
    async with (
        view_of(alices_browser.cookies, voice_session),
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await asyncio.sleep(SETTLING_S)
        statements.clear()

        await microphone.send_sound(FRAME * 9)
        await asyncio.sleep(SETTLING_S)

        assert changes(statements) == []


async def test_a_window_costs_one_update_and_at_most_one_insert(alices_browser, voice_session, statements):
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await asyncio.sleep(SETTLING_S)
        statements.clear()

        await microphone.send_sound(SECOND_OF_SILENCE * 4)
        await microphone.until("ack", heard_sample=64_000)
        await view.until("event")
        await asyncio.sleep(SETTLING_S)

        assert changes(statements).count("WITH") == 4
        assert 1 <= changes(statements).count("INSERT") <= 4
        assert set(changes(statements)) == {"WITH", "INSERT"}


@pytest.mark.parametrize("sessions", [1, 60])
async def test_a_commit_costs_one_update_and_one_insert_however_many_sessions(alice, statements, sessions):
    held = await sync_to_async(_leases_of)(alice, sessions)
    statements.clear()

    await asyncio.gather(*(journal.current().append(batch_of(one, events=[words()] * 3)) for one in held))

    assert changes(statements) == ["WITH", "INSERT"]


async def test_a_heartbeat_costs_four_statements_however_many_sockets(alice, statements):
    held = await sync_to_async(_leases_of)(alice, 20)
    watchers = [_Watcher(one) for one in held for _ in range(3)]
    for watcher in watchers:
        presence.current().enter(watcher)
    statements.clear()

    await presence.current().beat_once()

    for watcher in watchers:
        presence.current().leave(watcher)
    locked = [] if connection.vendor == "sqlite" else ["SELECT"]
    sessions, what_is_open = [*locked, "UPDATE", "SELECT"], ["INSERT", "SELECT"]
    assert changes(statements) == sessions + what_is_open
    assert all(watcher.facts.state == "running" for watcher in watchers)


class TestPages:
    @pytest.fixture
    def many_sessions(self, alice):
        for held in _leases_of(alice, 40):
            recording.store([batch_of(held, events=[words()] * 5)])

    @pytest.mark.parametrize("address", ["/", "/sessions/?page=2", "/sessions/?q=hello"])
    def test_a_page_of_history_costs_few_queries(
        self, alices_browser, many_sessions, address, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(MAX_QUERIES_OF_A_PAGE):
            assert alices_browser.get(address).status_code == 200


class _Watcher:
    def __init__(self, held):
        self.session_id, self.stream_id, self.facts = held.session_id, held.stream_id, None

    def note(self, facts):
        self.facts = facts


def _leases_of(owner, number):
    return [lease.claim(lifecycle.create(owner).pk, take_over=False) for _ in range(number)]
