"""`make run`, as a newcomer meets it."""

from __future__ import annotations

import asyncio
import signal
import time
import urllib.request
from http.client import HTTPConnection

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from sessions_app import lifecycle
from sessions_app.broadcast import group_of
from sessions_app.management.commands.quickstart import demo_login, tidy_for_ever
from sessions_app.models import JobRun, VoiceSession
from tests.processes import Installation


@pytest.fixture
def installation(tmp_path):
    return Installation(tmp_path / "var")


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.server
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_says_so_and_stops_cleanly(installation, signal_number):
    with installation.quickstart() as running:
        assert get(f"{running.url}healthz")[0] == 200
        assert get(f"{running.url}readyz")[0] == 200

        began_s = time.monotonic()
        code, said = running.stop(signal_number)

    assert code == 0
    assert time.monotonic() - began_s < 5
    assert running.url in said
    assert "simulated: nobody listens" in said
    assert "Linnet has stopped" in said
    assert not (installation.data_dir / "quickstart.json").exists()


@pytest.mark.server
def test_an_open_connection_does_not_keep_it_from_stopping(installation):
    with installation.quickstart() as running:
        connection = HTTPConnection("127.0.0.1", running.port)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        time.sleep(1.5)  # Daphne forgets the request's application, not the connection

        code, said = running.stop(signal.SIGTERM)
        connection.close()

    assert code == 0
    assert "Traceback" not in said


@pytest.mark.server
def test_a_port_in_use_is_said_in_words(installation):
    with installation.quickstart() as running:
        second = installation.manage("quickstart", "--port", running.port)

        assert second.returncode == 1
        assert f"Port {running.port} cannot be used" in second.stderr
        assert "--port" in second.stderr
        assert (installation.data_dir / "quickstart.json").exists()


@pytest.mark.server
def test_the_password_is_shown_once(installation):
    with installation.quickstart() as running:
        _, first = running.stop(signal.SIGTERM)
    with installation.quickstart() as running:
        _, second = running.stop(signal.SIGTERM)

    assert "(shown only now)" in first
    assert "(shown only now)" not in second
    assert "changepassword demo" in second


@pytest.mark.django_db(transaction=True)
async def test_the_reaper_works_beside_the_server_and_viewers_hear_of_it(voice_session, settings):
    settings.SESSION_IDLE_TTL_S = 0.01
    layer = get_channel_layer()
    await layer.group_add(group_of(voice_session.pk), "viewer")

    reaper = asyncio.create_task(tidy_for_ever(0.05))
    async with asyncio.timeout(10):
        doorbell = await layer.receive("viewer")
    reaper.cancel()

    await voice_session.arefresh_from_db()
    assert voice_session.end_reason == "idle"
    assert doorbell["type"] == "events.stored"


@pytest.mark.django_db(transaction=True)
async def test_what_is_due_is_forgotten_beside_the_server(voice_session, settings):
    settings.LINNET_UNDO_S = 0
    await sync_to_async(lifecycle.delete)(voice_session)

    tidying = asyncio.create_task(tidy_for_ever(0.05))
    async with asyncio.timeout(10):
        while await VoiceSession.objects.aexists():
            await asyncio.sleep(0.05)
        while not await JobRun.objects.filter(name="purge_expired").aexists():
            await asyncio.sleep(0.05)
    tidying.cancel()

    assert not await VoiceSession.objects.aexists()


@pytest.mark.django_db(transaction=True)
async def test_a_reaper_that_fails_tries_again(monkeypatch, caplog):
    passes = []
    monkeypatch.setattr(lifecycle, "end_idle", lambda ttl_s: passes.append(ttl_s) or 1 / 0)

    reaper = asyncio.create_task(tidy_for_ever(0.01))
    async with asyncio.timeout(10):
        while len(passes) < 3:
            await asyncio.sleep(0.01)
    reaper.cancel()

    assert "tidying up failed; it is tried again" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_a_reaper_that_fails_keeps_nothing_that_is_due(voice_session, settings, monkeypatch):
    settings.LINNET_UNDO_S = 0
    await sync_to_async(lifecycle.delete)(voice_session)
    monkeypatch.setattr(lifecycle, "end_idle", lambda ttl_s: 1 / 0)

    tidying = asyncio.create_task(tidy_for_ever(0.05))
    async with asyncio.timeout(10):
        while await VoiceSession.objects.aexists():
            await asyncio.sleep(0.05)
    tidying.cancel()

    assert not await VoiceSession.objects.aexists()


@pytest.mark.django_db
class TestDemoAccount:
    def test_it_gets_the_chosen_password_which_is_not_shown(self, client):
        said = demo_login("my own words")

        assert "my own words" not in said
        assert client.login(username="demo", password="my own words")

    def test_an_account_that_exists_keeps_its_password(self, client):
        demo_login("my own words")

        said = demo_login("other words")

        assert "LINNET_DEMO_PASSWORD is not its password" in said
        assert client.login(username="demo", password="my own words")

    def test_it_has_no_rights_of_staff(self, django_user_model):
        demo_login("my own words")

        demo = django_user_model.objects.get(username="demo")
        assert not demo.is_staff
        assert not demo.is_superuser
