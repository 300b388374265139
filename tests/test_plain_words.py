"""Dates and durations stand in one way on every page, in words that need no explanation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from sessions_app import lifecycle
from sessions_app.models import EndReason, VoiceSession
from tests.sharing.conftest import link_to, opened

TEMPLATES = sorted((Path(__file__).resolve().parent.parent / "templates").rglob("*.html"))
FOR_PEOPLE, FOR_BROWSERS = {"DATETIME_FORMAT", "DATE_FORMAT"}, {"c", "Y-m-d"}


def test_every_date_is_written_the_same_way():
    formats = {
        (path.name, found)
        for path in TEMPLATES
        for found in re.findall(r"""\|date:["']([^"']*)["']""", path.read_text())
        if found not in FOR_PEOPLE | FOR_BROWSERS
    }

    assert formats == set()


@pytest.fixture
def ended(voice_session):
    VoiceSession.objects.filter(pk=voice_session.pk).update(title="")
    lifecycle.end(voice_session, EndReason.USER)
    return voice_session


@pytest.mark.django_db
def test_a_session_without_a_title_is_called_by_a_date_of_that_kind(alices_browser, ended):
    began = date_format(timezone.localtime(ended.created_at), "DATETIME_FORMAT")

    assert f"<h1>Session of {began}</h1>" in alices_browser.get(f"/sessions/{ended.pk}/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "no sound"), (19, "under a minute"), (60, "about 1 minute"), (170, "about 3 minutes")]
)
def test_how_long_linnet_listened_is_said_in_words(alices_browser, ended, seconds, said):
    VoiceSession.objects.update(heard_sample=seconds * 16_000, settled_sample=seconds * 16_000)
    viewer = opened(link_to(ended)[1])

    for browser in (alices_browser, viewer):
        page = browser.get(f"/sessions/{ended.pk}/").text
        assert re.search(rf"<dt>Listened</dt><dd>{said}", page)
        assert "of it were" not in page
