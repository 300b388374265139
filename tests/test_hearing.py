"""Who wants to hear a group hears it, whatever the channel layer forgets or fails."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from sessions_app import hearing


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(hearing, "RETRY_FIRST_S", 0.02)


@pytest.fixture
def layer():
    layer = ForgetfulLayer()
    channel_layers.backends = {"default": layer}
    return layer


class ForgetfulLayer(InMemoryChannelLayer):
    """A layer that loses members, and fails as often as it is told to."""

    failures = 0

    def members(self):
        return list(self.groups.get("room", ()))

    def forget_members(self):
        self.groups.clear()

    async def receive(self, channel):
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return await super().receive(channel)


async def heard(messages, number):
    async with asyncio.timeout(5):
        while len(messages) < number:
            await asyncio.sleep(0.01)
    return [message["number"] for message in messages]


def say(layer, number):
    return layer.group_send("room", {"type": "passing", "number": number})


async def test_all_who_listen_hear_each_message_through_one_member(layer):
    messages = [[], [], []]
    async with AsyncExitStack() as listening:
        for one in messages:
            await listening.enter_async_context(hearing.Hearing("room", one.append))

        await say(layer, 1)
        await say(layer, 2)

        assert [await heard(one, 2) for one in messages] == [[1, 2]] * 3
        assert len(layer.members()) == 1


async def test_who_stops_listening_hears_no_more_and_the_last_one_leaves_the_group(layer):
    first, second = [], []
    async with hearing.Hearing("room", first.append):
        async with hearing.Hearing("room", second.append):
            pass
        await say(layer, 1)

        assert await heard(first, 1) == [1]
        assert second == []

    await asyncio.sleep(0.05)
    assert layer.members() == []


async def test_a_layer_that_fails_is_heard_again(layer):
    layer.failures, messages = 3, []
    async with hearing.Hearing("room", messages.append):
        await asyncio.sleep(0.5)

        await say(layer, 1)

        assert await heard(messages, 1) == [1]


async def test_a_layer_that_forgot_us_is_joined_again(layer, monkeypatch):
    monkeypatch.setattr(hearing, "REJOIN_S", 0.05)
    messages = []
    async with hearing.Hearing("room", messages.append):
        layer.forget_members()
        await asyncio.sleep(0.2)

        await say(layer, 1)

        assert await heard(messages, 1) == [1]


async def test_one_who_cannot_take_a_message_costs_the_others_nothing(layer):
    messages = []
    async with hearing.Hearing("room", [].remove), hearing.Hearing("room", messages.append):
        await say(layer, 1)

        assert await heard(messages, 1) == [1]
