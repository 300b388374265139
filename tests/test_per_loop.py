"""What belongs to an event loop is made once for each, and goes with it."""

from __future__ import annotations

import asyncio
import gc
import weakref

from sessions_app.per_loop import PerLoop


class Thing:
    pass


async def asked_twice(thing_of_this_loop):
    return thing_of_this_loop(), thing_of_this_loop()


def test_each_loop_has_its_own_and_only_one():
    current = PerLoop(Thing)

    (one, again), (other, _) = asyncio.run(asked_twice(current)), asyncio.run(asked_twice(current))

    assert one is again
    assert other is not one


def test_it_goes_with_its_loop():
    current = PerLoop(Thing)

    thing = weakref.ref(asyncio.run(asked_twice(current))[0])

    gc.collect()
    assert thing() is None


def test_one_that_nobody_asked_for_can_be_missed_without_making_it():
    current = PerLoop(Thing)

    async def before_and_after():
        return current.if_made(), current(), current.if_made()

    before, made, after = asyncio.run(before_and_after())

    assert before is None
    assert after is made
