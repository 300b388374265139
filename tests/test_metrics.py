"""`/metrics`: who gets it, and that it counts without naming anybody."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from sessions_app import broadcast
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, view_of

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = {"HTTP_AUTHORIZATION": "Bearer letmein"}


def numbers_in(answer):
    """Return {"name{label=value}": number} of a scrape."""
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_is_off_until_it_is_set_up(client):
    assert client.get("/metrics").status_code == 404


class TestWhoGetsIt:
    @pytest.fixture(autouse=True)
    def set_up(self, settings):
        settings.LINNET_METRICS_TOKEN = "letmein"

    def test_who_has_the_token(self, client):
        assert client.get("/metrics", **TOKEN).status_code == 200

    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer letmeout", "letmein", "Bearer létmein"])
    def test_nobody_else(self, client, given):
        assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 401

    def test_an_empty_token_opens_nothing(self, client, settings):
        settings.LINNET_METRICS_TOKEN = ""
        settings.LINNET_METRICS_ALLOW = [ip_network("10.0.0.0/8")]

        assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 401

    def test_an_address_that_is_allowed(self, client, settings):
        settings.LINNET_METRICS_ALLOW = [ip_network("10.0.0.0/8"), ip_network("::1")]

        assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="11.1.2.3").status_code == 401
        assert client.get("/metrics", REMOTE_ADDR="").status_code == 401

    def test_not_whoever_comes_through_a_proxy_at_that_address(self, client, settings):
        settings.LINNET_METRICS_ALLOW = [ip_network("127.0.0.1")]

        assert client.get("/metrics", HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 401


async def test_it_counts_what_is_open_and_what_was_heard(alices_browser, voice_session, alice, settings):
    settings.LINNET_METRICS_TOKEN = "letmein"
    before = numbers_in(await AsyncClient().get("/metrics", AUTHORIZATION="Bearer letmein"))
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 3)
        said = (await view.until_event("transcript"))["text"]
        answer = await AsyncClient().get("/metrics", AUTHORIZATION="Bearer letmein")
    during = numbers_in(answer)
    after = numbers_in(await AsyncClient().get("/metrics", AUTHORIZATION="Bearer letmein"))

    assert (during["linnet_sockets[view]"], during["linnet_sockets[microphone]"]) == (1, 1)
    assert (after["linnet_sockets[view]"], after["linnet_sockets[microphone]"]) == (0, 0)
    assert during["linnet_commits_total"] - before["linnet_commits_total"] >= 3
    name = "linnet_events_total[transcript]"
    assert during[name] - before[name] == 1
    assert after["linnet_windows_total"] >= before["linnet_windows_total"] + 3
    name = "linnet_sound_seconds_total[heard]"
    assert after[name] - before[name] == pytest.approx(3.0)
    assert during["linnet_journal_stalled"] == 0
    for secret in (said, str(voice_session.pk), voice_session.pk.hex, "alice", voice_session.title):
        assert secret not in answer.text


def test_it_counts_failures_of_the_channel_layer(client, settings):
    settings.LINNET_METRICS_TOKEN = "letmein"
    broadcast.layer_failures.note(TimeoutError())

    assert numbers_in(client.get("/metrics", **TOKEN))["linnet_layer_failures_total[TimeoutError]"] >= 1
