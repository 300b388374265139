from __future__ import annotations

import asyncio
import json

import pytest

from sessions_app.live import outbox as outbox_module
from sessions_app.live.outbox import Outbox, PeerStalled


async def never(frame):
    await asyncio.Event().wait()


async def test_frames_leave_in_order():
    sent = []

    async def send(frame):
        sent.append(json.loads(frame))

    outbox = Outbox(send, limit=10)
    task = asyncio.create_task(outbox.run())
    for number in range(5):
        outbox.put_dropping_oldest(str(number))

    await outbox.drain(1)
    task.cancel()

    assert sent == [0, 1, 2, 3, 4]


def test_the_oldest_makes_room():
    outbox = Outbox(never, limit=2)
    for frame in "abc":
        outbox.put_dropping_oldest(frame)

    assert list(outbox._waiting) == ["b", "c"]


async def test_a_peer_that_takes_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(outbox_module, "SEND_TIMEOUT_S", 0.01)
    outbox = Outbox(never, limit=2)
    outbox.put_dropping_oldest("anything")

    with pytest.raises(PeerStalled):
        await outbox.run()
