"""All words for people can be translated: those of Python, of templates and of scripts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.translation import trans_real

from tests.conftest import require

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
WORDS = re.compile(r'(?<![\w.#])[tn]\(\s*"((?:[^"\\]|\\.)*)"')


def said_by_scripts():
    """Return the words of every t("…") and n("…"), without the examples in words.js itself."""
    return {words for path in SCRIPTS if path.name != "words.js" for words in WORDS.findall(path.read_text())}


@pytest.fixture
def catalogue(tmp_path, settings, monkeypatch):
    """A folder with the words gathered for German, none of them translated yet."""
    require(shutil.which("xgettext") is not None, "gettext")
    monkeypatch.chdir(ROOT)
    settings.LOCALE_PATHS = [str(tmp_path)]
    call_command("makemessages", locale=["de"], verbosity=0)
    return tmp_path / "de" / "LC_MESSAGES"


def gathered(path):
    """Return the msgids of a catalogue, each in one piece however it is wrapped."""
    one_piece = re.sub(r'"\n"', "", path.read_text())
    return set(re.findall(r'^msgid(?:_plural)? "(.*)"$', one_piece, re.MULTILINE))


def test_words_are_gathered_from_python_templates_and_scripts(catalogue):
    python_and_templates = gathered(catalogue / "django.po")

    assert {"Size of captions", "Check before a call"} <= python_and_templates
    assert len(said_by_scripts()) > 50
    assert said_by_scripts() - gathered(catalogue / "djangojs.po") == set()


def test_a_translation_reaches_the_page_and_its_scripts(db, client, catalogue, settings, monkeypatch):
    monkeypatch.setattr(trans_real, "_translations", {})
    trans_real.get_languages.cache_clear()
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    for name, words, theirs in (
        ("django", "Skip to the content", "Zum Inhalt"),
        ("djangojs", "No microphone was found.", "Es ist kein Mikrofon da."),
    ):
        path = catalogue / f"{name}.po"
        path.write_text(path.read_text().replace(f'msgid "{words}"\nmsgstr ""', f'msgid "{words}"\nmsgstr "{theirs}"'))
    monkeypatch.chdir(catalogue)  # elsewhere it would look for the catalogues of what is installed
    call_command("compilemessages", locale=["de"], verbosity=0)

    page = client.get("/accounts/login/", headers={"accept-language": "de"}).content.decode()
    scripts = client.get("/jsi18n/", headers={"accept-language": "de"}).content.decode()
    trans_real.get_languages.cache_clear()

    assert '<html lang="de"' in page and "Zum Inhalt" in page and 'src="/jsi18n/"' in page
    assert '"No microphone was found.": "Es ist kein Mikrofon da."' in scripts


def test_english_pages_load_no_catalogue(client, db):
    assert b"/jsi18n/" not in client.get("/accounts/login/").content
