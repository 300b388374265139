"""What was said stays where it belongs: no log line, no error page, no representation of a row repeats it."""

from __future__ import annotations

import logging
import shutil

import pytest
from channels.layers import channel_layers
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse, HttpResponseForbidden

from sessions_app import editing, recording
from tests.canary import CANARY, SENTENCES, Watch
from tests.conftest import SECOND_OF_SILENCE, require
from tests.faults.processes import Redis
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)


async def test_no_log_line_holds_what_was_said(alices_browser, voice_session, caplog):
    caplog.set_level(logging.DEBUG)
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 4)
        said = (await view.until_event("transcript"))["text"]
        await microphone.send_text("[" + CANARY)
        await microphone.closed()

    # Only the database's own statements, which nobody logs in production, may hold it.
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert said
    assert not [line for line in lines if said in line or CANARY in line]


def test_a_row_shown_in_an_error_report_does_not_hold_what_was_said(voice_session):
    recording.append(voice_session.pk, [words(CANARY)])

    assert CANARY not in repr(voice_session.events.get())


def test_an_error_page_does_not_hold_what_was_said(alices_browser, voice_session, monkeypatch):
    recording.append(voice_session.pk, [words(CANARY)])
    monkeypatch.setattr("sessions_app.views.session.exports.session_wire", lambda voice_session: 1 / 0)
    alices_browser.raise_request_exception = False

    answer = alices_browser.get(f"/sessions/{voice_session.pk}/", HTTP_ACCEPT="application/json")

    assert answer.status_code == 500
    assert CANARY not in answer.text


def test_a_session_shown_in_an_error_report_does_not_hold_its_title(voice_session, alice):
    editing.rename(voice_session, CANARY, author=alice)

    assert CANARY not in f"{voice_session!r} {voice_session}"


DECOY = "the magpie keeps nothing to itself"  # the watch over this run must not see it


class TestTheWatch:
    """The watch over the whole run sees what it should; each of these would fail the run."""

    def test_a_log_line(self):
        watch = Watch(DECOY)
        with watch.over_everything():
            logging.getLogger("sessions_app.journal").debug("stored %s", DECOY)

        assert watch.sightings
        assert "sessions_app.journal" in watch.sightings[0]
        assert DECOY not in "".join(watch.sightings)

    def test_a_field_of_a_log_line(self):
        watch = Watch(DECOY)
        with watch.over_everything():
            logging.getLogger("sessions_app").warning("stored", extra={"words": DECOY})

        assert watch.sightings

    def test_a_traceback(self):
        watch = Watch(DECOY)
        with watch.over_everything():
            try:
                raise ValueError(DECOY)
            except ValueError:
                logging.getLogger("somebody.else").exception("failed")

        assert watch.sightings

    def test_a_cache(self):
        watch = Watch(DECOY)
        cache.set("latest", [DECOY])
        watch.look_at_cache()
        cache.delete("latest")

        assert watch.sightings

    def test_an_error_page_but_not_a_good_one(self, rf):
        watch = Watch(DECOY)
        with watch.over_everything():
            for answer in (HttpResponse(DECOY), HttpResponseForbidden(DECOY)):
                handler = BaseHandler()
                handler._middleware_chain = lambda request, answer=answer: answer
                handler.get_response(rf.get("/"))

        assert watch.sightings == ["error page 403: “the magpie keeps not…”"]

    def test_this_very_run_is_watched(self, canary_watch, client):
        before = canary_watch.records, canary_watch.error_pages
        client.get("/nowhere/")

        assert canary_watch in logging.getLogger().handlers
        assert (canary_watch.records, canary_watch.error_pages) > before
        assert canary_watch.error_pages > before[1]


@pytest.fixture
def redis(tmp_path):
    require(shutil.which("redis-server") is not None, "redis-server")
    process = Redis(tmp_path)
    process.start()
    yield process
    process.kill()


async def test_redis_keeps_nothing_of_what_was_said(alices_browser, voice_session, redis, settings):
    from redis import asyncio as client

    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis.url], "prefix": "linnet"},
        }
    }
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis.url},
    }
    channel_layers.backends = {}
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 4)
        said = (await view.until_event("transcript"))["text"]
        connection = client.from_url(redis.url)
        await connection.set("control", SENTENCES[0])
        kept = [await connection.dump(key) for key in await connection.keys("*")]
        keys = await connection.keys("*")
        await connection.aclose()

    assert said in SENTENCES
    watch = Watch()
    for key, value in zip(keys, kept, strict=True):
        watch.look_at(key.decode(), f"{key.decode()} {value.decode(errors='replace')}")
    assert [where for where in watch.sightings if not where.startswith("control")] == []
    assert any(where.startswith("control") for where in watch.sightings)
