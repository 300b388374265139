"""Pages go by the reader's clock, in a way of writing dates that nobody misreads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.utils import timezone

from linnet_site import time_zone
from sessions_app.models import VoiceSession
from tests.sockets import view_of

LATE = datetime(2026, 11, 22, 23, 1, tzinfo=UTC)


@pytest.fixture
def begun_late(voice_session, settings):
    settings.TIME_ZONE = "UTC"
    VoiceSession.objects.filter(pk=voice_session.pk).update(title="", created_at=LATE, started_at=LATE)
    return voice_session


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe%2FZurich", "23 Nov 2026, 00:01"),
        ("Asia/Kolkata", "23 Nov 2026, 04:31"),
        ("", "22 Nov 2026, 23:01"),
        ("Europe", "22 Nov 2026, 23:01"),
        ("../../etc/passwd", "22 Nov 2026, 23:01"),
        ("Mars/Olympus", "22 Nov 2026, 23:01"),
        ("UTC" * 1000, "22 Nov 2026, 23:01"),
    ],
)
def test_a_session_is_called_by_the_readers_clock(alices_browser, begun_late, zone, said):
    alices_browser.cookies["time_zone"] = zone

    assert f"Session of {said}" in alices_browser.get("/sessions/").text


@pytest.mark.django_db
def test_the_next_reader_has_a_clock_of_their_own(alices_browser, begun_late):
    alices_browser.cookies["time_zone"] = "Asia/Tokyo"
    alices_browser.get("/sessions/")

    assert timezone.get_current_timezone_name() == "UTC"


async def test_what_is_answered_without_a_thread_goes_by_it_too(rf):
    async def say_zone(request):
        return HttpResponse(timezone.get_current_timezone_name())

    request = rf.get("/", headers={"cookie": "time_zone=Europe/Zurich"})

    assert (await time_zone.reader_time_zone(say_zone)(request)).text == "Europe/Zurich"


@pytest.mark.django_db
def test_days_to_search_in_are_the_readers_days(alices_browser, begun_late):
    alices_browser.cookies["time_zone"] = "Europe/Zurich"

    assert "1 session<" in alices_browser.get("/sessions/?from=2026-11-23&to=2026-11-23").text
    assert "No session fits" in alices_browser.get("/sessions/?from=2026-11-22&to=2026-11-22").text


@pytest.mark.django_db
def test_a_file_goes_by_the_readers_clock_though_it_is_written_after_the_answer(alices_browser, begun_late):
    alices_browser.cookies["time_zone"] = "Europe/Zurich"

    text = alices_browser.get(f"/sessions/{begun_late.pk}/export.txt").getvalue().decode()

    assert text.startswith("Session of 23 Nov 2026, 00:01\n2026-11-23 00:01 CET")


@pytest.mark.django_db(transaction=True)
async def test_views_of_several_clocks_are_told_no_name_that_goes_by_the_servers(alices_browser, begun_late):
    alices_browser.cookies["time_zone"] = "Europe/Zurich"
    page = await sync_to_async(alices_browser.get)(begun_late.get_absolute_url())
    async with view_of(alices_browser.cookies, begun_late) as view:
        snapshot = await view.until("snapshot")
        await sync_to_async(alices_browser.post)(f"{begun_late.get_absolute_url()}off-record/", {"off": "1"})
        news = await view.until("session")

    assert (snapshot["title"], news["title"]) == ("", "")
    assert 'data-untitled="Session of 23 Nov 2026, 00:01"' in page.text


class TestTheComputersOwn:
    @pytest.fixture(autouse=True)
    def says_nothing(self, tmp_path, monkeypatch):
        monkeypatch.delenv("TZ", raising=False)
        monkeypatch.setattr(time_zone, "_LOCALTIME", tmp_path / "localtime")
        monkeypatch.setattr(time_zone, "_TIMEZONE", tmp_path / "timezone")
        return tmp_path

    def test_is_what_the_environment_says(self, monkeypatch):
        monkeypatch.setenv("TZ", ":Asia/Tokyo")

        assert time_zone.of_this_computer() == "Asia/Tokyo"

    def test_is_where_the_clock_is_linked_to(self, says_nothing):
        (says_nothing / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Zurich")

        assert time_zone.of_this_computer() == "Europe/Zurich"

    def test_is_what_stands_in_the_file(self, says_nothing):
        (says_nothing / "timezone").write_text("America/Lima\n")

        assert time_zone.of_this_computer() == "America/Lima"

    def test_is_utc_where_nothing_is_said(self):
        assert time_zone.of_this_computer() == "UTC"
