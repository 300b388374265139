"""Tones in the reader's language, on the page alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from sessions_app.annotation import affect
from sessions_app.annotation.annotator import UNCLEAR_LABEL, UNCLEAR_SUBTEXT
from sessions_app.engine.tone import LABELS
from sessions_app.lines import Line
from sessions_app.templatetags import tone_words

SCRIPT = (Path(__file__).resolve().parent.parent / "static/js/lib/known_tones.js").read_text()
OURS = {*LABELS, UNCLEAR_LABEL, *(name.capitalize() for name in get_args(affect.Affect))}


def spoken(tone, band):
    return Line(kind="transcript", start_ms=0, end_ms=900, text="Hello.", tone=tone, tone_band=band)


@pytest.fixture
def german(monkeypatch):
    """German, of which a few words are known."""
    catalogue = {
        "Tense or excited": "Angespannt oder aufgeregt",
        "may sound %(tone)s": "klingt vielleicht %(tone)s",
        "[Maybe %(tone)s]": "[Vielleicht %(tone)s]",
        "[Tone unclear]": "[Ton unklar]",
    }
    with translation.override("de"):
        monkeypatch.setattr(trans_real.catalog(), "_catalog", catalogue)
        yield


def test_every_tone_of_ours_has_words_on_pages_and_in_scripts():
    in_script = set(re.findall(r'\["(.*?)", t\("\1"\)\]', SCRIPT))

    assert tone_words.KNOWN.keys() == OURS
    assert {*OURS, *affect._SUBTEXT.values(), UNCLEAR_SUBTEXT} <= in_script


def test_every_flag_of_ours_has_words_in_scripts():
    flags = {"louder", "quieter", "higher", "lower", "faster", "slower", "flatter"}

    assert all(f'["{flag}", t("{flag}")]' in SCRIPT for flag in flags)


def test_in_english_a_tone_is_said_as_it_is_stored():
    assert tone_words.tone_in_words(spoken("Tense or excited", "maybe")) == "may sound tense or excited"
    assert tone_words.elcor(spoken("Tense or excited", "clear")) == "[Tense or excited]"
    assert tone_words.elcor(spoken("Unclear", "unclear")) == "[Tone unclear]"
    assert tone_words.tone_in_words(spoken("", "")) == tone_words.elcor(None) == ""


def test_a_tone_of_ours_is_said_in_the_readers_language(german):
    line = spoken("Tense or excited", "maybe")

    assert tone_words.tone_in_words(line) == "klingt vielleicht angespannt oder aufgeregt"
    assert tone_words.elcor(line) == "[Vielleicht angespannt oder aufgeregt]"
    assert tone_words.elcor(spoken("Unclear", "unclear")) == "[Ton unklar]"


def test_what_another_listener_says_is_shown_as_it_comes(german):
    assert tone_words.elcor(spoken("Wry", "clear")) == "[Wry]"


def test_files_keep_the_words_that_were_stored(german):
    assert spoken("Tense or excited", "maybe").elcor == "[Maybe tense or excited]"
