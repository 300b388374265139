"""How captions look belongs to the account, and every page that it has open follows."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import sync_to_async

from sessions_app import lifecycle, look, look_news
from sessions_app.look_form import LookForm
from sessions_app.models import EndReason
from tests.sockets import view_of

JSON = {"HTTP_ACCEPT": "application/json", "content_type": "application/json"}


def change(browser, **choices):
    return browser.post("/profile/look/", json.dumps(choices), **JSON)


@pytest.mark.django_db
def test_one_choice_leaves_the_others_as_they_were(alices_browser):
    change(alices_browser, theme="dark", text_percent=180)

    answer = change(alices_browser, font="serif").json()

    assert answer["look"] | {"theme": "dark", "text_percent": 180, "font": "serif"} == answer["look"]
    assert alices_browser.get("/profile/look/", HTTP_ACCEPT="application/json").json() == answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    "choices",
    [
        {"text_percent": 90},
        {"text_percent": 310},
        {"text_percent": 105},
        {"text_percent": "huge"},
        {"text_percent": True},
        {"theme": "pink"},
        {"theme": None},
        {"theme": {"a": 1}},
        {"captions_only": "perhaps"},
        {"captions_only": [1]},
        {"style": "x"},
    ],
)
def test_what_no_look_has_is_refused_in_words(alice, alices_browser, choices):
    answer = change(alices_browser, **choices)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(choices)
    assert look.of(alice).values == look.DEFAULTS


@pytest.mark.django_db
def test_the_form_works_without_scripts(alice, alices_browser):
    change(alices_browser, announce=True)
    form = {name: value for name, value in look.DEFAULTS.items() if value is not False}

    answer = alices_browser.post("/profile/look/", form | {"tone": "word", "captions_only": "on"})

    assert (answer.status_code, answer["Location"]) == (303, "/profile/")
    chosen = look.of(alice)
    assert (chosen["tone"], chosen["captions_only"], chosen["announce"]) == ("word", True, False)


@pytest.mark.django_db
def test_the_form_says_what_it_does_not_take(alices_browser):
    answer = alices_browser.post("/profile/look/", {"text_percent": "999"})

    assert answer.status_code == 400
    assert "less than or equal to 300" in answer.content.decode()


@pytest.mark.django_db
def test_the_page_is_written_in_the_look_of_its_reader(alices_browser, bobs_browser):
    change(alices_browser, theme="contrast", text_percent=200, captions_only=True)

    hers, his = (browser.get("/").content.decode() for browser in (alices_browser, bobs_browser))

    assert 'data-theme="contrast" data-text-percent="200"' in hers
    assert 'data-captions-only="on"' in hers
    assert 'data-theme="system" data-text-percent="100"' in his
    assert 'data-look-changed="0"' in his


@pytest.mark.django_db
def test_the_usual_look_comes_back(alice, alices_browser):
    change(alices_browser, theme="dark")

    alices_browser.post("/profile/look/", {"reset": "1"})

    assert look.of(alice).values == look.DEFAULTS


@pytest.mark.django_db
def test_a_stored_choice_that_is_no_choice_any_more_is_passed_over(alice):
    look.change(alice, {"theme": "dark"})
    alice.profile.look |= {"glitter": "yes"}
    alice.profile.save()

    assert set(look.of(alice).values) == set(LookForm.base_fields)


@pytest.mark.django_db(transaction=True)
async def test_a_change_reaches_the_accounts_open_views_and_nobody_elses(
    alices_browser, bob, bobs_browser, voice_session
):
    his = await sync_to_async(type(voice_session).objects.create)(owner=bob)
    async with view_of(alices_browser.cookies, voice_session) as hers, view_of(bobs_browser.cookies, his) as of_bob:
        await hers.until("presence")
        await of_bob.until("presence")

        await sync_to_async(change)(alices_browser, theme="light")

        assert (await hers.until("look"))["look"]["theme"] == "light"
        assert not [message for message in of_bob.received if message["type"] == "look"]


@pytest.mark.django_db(transaction=True)
async def test_a_view_that_missed_a_change_is_told_at_the_heartbeat_once(alice, alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await sync_to_async(_change_in_silence)(alice)

        await look_news.current().heal()
        await look_news.current().heal()

        await view.say("ping")
        await view.until("pong")
        assert [message["look"]["font"] for message in view.received if message["type"] == "look"] == ["mono"]


def _change_in_silence(user):
    """As a process does whose doorbell nobody hears."""
    look.Profile.objects.create(user=user, look={"font": "mono"}, look_changed_at="2026-01-01T00:00Z")


@pytest.mark.django_db
def test_the_debrief_says_the_tone_first_to_whom_likes_that(alices_browser, voice_session):
    lifecycle.end(voice_session, EndReason.USER)
    address = voice_session.get_absolute_url()
    change(alices_browser, elcor="on")

    assert alices_browser.get(address).context["elcor"]
    assert not alices_browser.get(f"{address}?elcor=0").context["elcor"]
