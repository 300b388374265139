"""The pages and the JSON, as Alice (owner), Bob (stranger) and nobody see them."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from sessions_app import lease, lifecycle, recording
from sessions_app.models import EndReason, State, VoiceSession
from tests.test_recording import words

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}


class TestStarting:
    def test_a_form_leads_to_the_live_page(self, alices_browser):
        answer = alices_browser.post("/sessions/", {"title": "Dentist"})

        assert answer.status_code == 303
        assert "Dentist" in alices_browser.get(answer["Location"]).text

    def test_a_program_gets_the_address(self, alices_browser):
        answer = alices_browser.post("/sessions/", {"window_ms": 500}, content_type="application/json", **JSON)

        assert answer.status_code == 201
        body = answer.json()
        assert body["state"] == "running"
        assert VoiceSession.objects.get(pk=body["id"]).window_ms == 500
        assert body["url"].endswith(f"/sessions/{body['id']}/")

    @pytest.mark.parametrize("fields", [{"window_ms": 10}, {"num_speakers": 99}, {"language": "Klingon!"}])
    def test_nonsense_is_explained(self, alices_browser, fields):
        answer = alices_browser.post("/sessions/", fields, content_type="application/json", **JSON)

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == list(fields)

    def test_broken_json_is_explained(self, alices_browser):
        answer = alices_browser.post("/sessions/", b"{", content_type="application/json", **JSON)

        assert answer.status_code == 400

    def test_it_needs_a_csrf_token(self, alice):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)

        assert browser.post("/sessions/").status_code == 403


class TestReading:
    def test_the_session_as_json(self, alices_browser, voice_session):
        body = alices_browser.get(f"/sessions/{voice_session.pk}/", **JSON).json()

        assert body["id"] == str(voice_session.pk)
        assert {"title", "state", "end_reason", "elcor", "window_ms", "created_at", "started_at", "ended_at"} <= set(
            body
        )
        assert (body["last_seq"], body["audio_ms"], body["simulated"]) == (0, 0, False)

    def test_events_behind_a_cursor(self, alices_browser, voice_session):
        recording.append(voice_session.pk, [words()] * 5)

        body = alices_browser.get(f"/sessions/{voice_session.pk}/events/?after=2&limit=2").json()

        assert [event["seq"] for event in body["events"]] == [3, 4]
        assert (body["last_seq"], body["state"]) == (5, "running")

    def test_no_more_than_500_events_at_once(self, alices_browser, voice_session):
        recording.append(voice_session.pk, [words()] * 501)

        assert len(alices_browser.get(f"/sessions/{voice_session.pk}/events/?limit=100000").json()["events"]) == 500

    def test_a_stopped_session_shows_the_whole_transcript(self, alices_browser, voice_session):
        recording.append(voice_session.pk, [words("the very first line"), words("the very last line")])
        lifecycle.end(voice_session, EndReason.USER)

        page = alices_browser.get(f"/sessions/{voice_session.pk}/").text

        assert "the very first line" in page
        assert "the very last line" in page

    def test_what_was_said_is_never_markup(self, alices_browser, voice_session):
        recording.append(voice_session.pk, [words("<script>alert(1)</script>")])
        for _ in range(2):
            assert "<script>alert" not in alices_browser.get(f"/sessions/{voice_session.pk}/").text
            lifecycle.end(voice_session, EndReason.USER)

    def test_history_finds_a_title(self, alices_browser, alice, voice_session):
        lifecycle.create(alice, title="Dentist")

        page = alices_browser.get("/sessions/?q=dent").text

        assert "Dentist" in page
        assert "The bank" not in page

    def test_history_costs_few_queries(self, alices_browser, alice, django_assert_max_num_queries):
        for number in range(40):
            lifecycle.create(alice, title=f"Call {number}")

        with django_assert_max_num_queries(6):
            alices_browser.get("/sessions/")


class TestEnding:
    def test_end_and_reopen(self, alices_browser, voice_session):
        assert alices_browser.post(f"/sessions/{voice_session.pk}/end/", **JSON).json() == {
            "id": str(voice_session.pk),
            "state": "stopped",
        }

        alices_browser.post(f"/sessions/{voice_session.pk}/reopen/")

        voice_session.refresh_from_db()
        assert voice_session.state == State.RUNNING

    def test_only_a_post_changes_anything(self, alices_browser, voice_session):
        assert alices_browser.get(f"/sessions/{voice_session.pk}/end/").status_code == 405


PER_SESSION = ["", "events/", "stream/", "export.json", "export.txt", "export.vtt"]
CHANGING = ["end/", "reopen/"]


class TestWhoMaySeeWhat:
    @pytest.mark.parametrize("path", PER_SESSION)
    def test_a_stranger_cannot_read(self, bobs_browser, voice_session, path):
        assert bobs_browser.get(f"/sessions/{voice_session.pk}/{path}").status_code == 404

    @pytest.mark.parametrize("path", CHANGING)
    def test_a_stranger_cannot_change(self, bobs_browser, voice_session, path):
        assert bobs_browser.post(f"/sessions/{voice_session.pk}/{path}").status_code == 404
        voice_session.refresh_from_db()
        assert voice_session.is_running

    @pytest.mark.parametrize("path", PER_SESSION)
    def test_an_unknown_session_looks_just_like_a_strangers(self, bobs_browser, path):
        assert bobs_browser.get(f"/sessions/{uuid.uuid4()}/{path}").status_code == 404

    @pytest.mark.parametrize("path", ["/", "/sessions/"])
    def test_nobody_is_led_to_the_login(self, client, path):
        assert client.get(path)["Location"].startswith("/accounts/login/?next=")

    @pytest.mark.parametrize(
        ("referer", "page"),
        [("http://testserver/sessions/?q=fee", "/sessions/%3Fq%3Dfee"), ("http://evil.example/", "/")],
    )
    def test_a_form_sent_after_the_logout_leads_back_to_its_page(self, client, voice_session, referer, page):
        answer = client.post(f"/sessions/{voice_session.pk}/delete/", headers={"referer": referer})

        assert answer["Location"] == f"/accounts/login/?next={page}"
        assert "nothing was done" in client.get(answer["Location"]).text

    @pytest.mark.parametrize("path", ["events/", "stream/"])
    def test_a_program_without_login_gets_401(self, client, voice_session, path):
        assert client.get(f"/sessions/{voice_session.pk}/{path}").status_code == 401

    def test_a_program_that_asks_for_json_gets_401(self, client):
        assert client.post("/sessions/", **JSON).status_code == 401

    def test_a_strangers_sessions_are_not_in_my_history(self, bobs_browser, voice_session):
        assert "The bank" not in bobs_browser.get("/sessions/").text


class TestProbes:
    def test_alive(self, client):
        assert client.get("/healthz").json() == {"status": "ok", "service": "linnet"}

    @pytest.mark.django_db(transaction=True)
    def test_ready_with_a_line_each(self, client):
        answer = client.get("/readyz")

        assert answer.status_code == 200
        assert answer.text == "database: ok\nchannel layer: ok\nvoice: ok\n"


def test_pages_of_people_are_never_cached(alices_browser, voice_session):
    assert "no-store" in alices_browser.get(f"/sessions/{voice_session.pk}/")["Cache-Control"]


def test_the_microphone_lease_shows_in_no_page(alices_browser, voice_session):
    held = lease.claim(voice_session.pk, take_over=False)

    assert str(held.stream_id) not in alices_browser.get(f"/sessions/{voice_session.pk}/").text
