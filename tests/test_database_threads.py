"""The process's own database threads: what their callers need to know of failures."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from sessions_app import database_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("ask", [database_threads.read, database_threads.write])
async def test_a_broken_connection_is_a_database_error_like_any_other(ask):
    """Django's InterfaceError is none: a loop that goes on after a DatabaseError ended with it."""

    def broken():
        raise InterfaceError("connection already closed")

    with pytest.raises(DatabaseError) as error:
        await ask(broken)

    assert isinstance(error.value, OperationalError)
    assert isinstance(error.value.__cause__, InterfaceError)


async def test_a_reader_whose_connection_broke_is_asked_again():
    failures = [InterfaceError("connection already closed")]

    def broken_once():
        if failures:
            raise failures.pop()
        return connection.vendor

    assert await database_threads.read(broken_once) == connection.vendor
