"""The in-memory layer of one process: who hears what, and what it forgets."""

from __future__ import annotations

import asyncio
import time

import pytest

from linnet_site import layers
from linnet_site.layers import OneProcessLayer


@pytest.fixture
def layer():
    return OneProcessLayer()


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass for the layer alone."""
    passed_s = [0.0]
    began_s, began_monotonic_s = time.time(), time.monotonic()
    monkeypatch.setattr(layers.time, "time", lambda: began_s + passed_s[0])
    monkeypatch.setattr(layers.time, "monotonic", lambda: began_monotonic_s + passed_s[0])

    def pass_by(seconds):
        passed_s[0] += seconds

    return pass_by


async def test_every_member_hears_each_message_in_order(layer):
    for channel in ("one", "two"):
        await layer.group_add("room", channel)

    for number in range(3):
        await layer.group_send("room", {"type": "passing", "number": number})

    for channel in ("one", "two"):
        assert [(await layer.receive(channel))["number"] for _ in range(3)] == [0, 1, 2]


async def test_a_member_that_waits_is_woken(layer):
    await layer.group_add("room", "one")
    waiting = asyncio.create_task(layer.receive("one"))
    await asyncio.sleep(0)

    await layer.group_send("room", {"type": "passing"})

    assert await waiting == {"type": "passing"}
    assert layer.channels == {}


async def test_who_left_hears_nothing(layer):
    await layer.group_add("room", "one")
    await layer.group_discard("room", "one")

    await layer.group_send("room", {"type": "passing"})

    assert layer.channels == {}
    assert layer.groups == {}


async def test_a_member_that_takes_nothing_costs_a_bounded_queue_and_nobody_else_a_message(layer):
    for channel in ("deaf", "awake"):
        await layer.group_add("room", channel)

    heard = []
    for number in range(layer.capacity * 2):
        await layer.group_send("room", {"type": "passing", "number": number})
        heard.append((await layer.receive("awake"))["number"])

    assert heard == list(range(layer.capacity * 2))
    assert layer.channels["deaf"].qsize() == layer.capacity


async def test_a_member_that_took_nothing_for_a_minute_is_forgotten(layer, clock):
    await layer.group_add("room", "dead")
    await layer.group_send("room", {"type": "passing"})

    clock(layer.expiry + layers.CLEAN_EVERY_S)
    await layer.group_send("elsewhere", {"type": "passing"})

    assert layer.channels == {}
    assert layer.groups == {}


async def test_it_looks_through_all_channels_now_and_then_not_at_each_message(layer, clock, monkeypatch):
    looks = []
    monkeypatch.setattr(layers.InMemoryChannelLayer, "_clean_expired", lambda layer: looks.append(layer))

    for _ in range(50):
        await layer.group_send("room", {"type": "passing"})
        clock(1.0)

    assert len(looks) == 4
