"""Notes that a trusted viewer whispers to the owner."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from sessions_app import lifecycle, sharing
from sessions_app.models import EndReason, Note, Scope
from tests.sharing.conftest import link_to, opened
from tests.sockets import view_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_whisper_reaches_the_owner_alone(ann, whispering_ann, alices_browser, voice_session):
    async with (
        view_of(whispering_ann.cookies, voice_session) as whispering,
        view_of(ann.cookies, voice_session) as watching,
        view_of(alices_browser.cookies, voice_session) as alices,
    ):
        for view in (whispering, watching, alices):
            await view.until("snapshot")

        await whispering.say("note", text="ask for the reference number")

        note = await alices.until("note")
        assert (note["text"], note["author"]) == ("ask for the reference number", "Ann (2)")
        await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)
        for view in (whispering, watching):
            await view.until_event("state")
            assert "note" not in {message["type"] for message in view.received}


@pytest.mark.parametrize("said", [{"type_": "note", "text": "psst"}, {"type_": "bookmark"}])
async def test_who_may_only_watch_keeps_nothing(ann, voice_session, said):
    async with view_of(ann.cookies, voice_session) as view:
        await view.until("snapshot")

        await view.say(**said)

        assert (await view.until("error"))["code"] == "forbidden"
        await view.say("ping")
        await view.until("pong")  # and may go on watching
    assert not await Note.objects.aexists()


async def test_a_bookmark_is_the_owners_alone(whispering_ann, voice_session):
    async with view_of(whispering_ann.cookies, voice_session) as view:
        await view.until("snapshot")

        await view.say("bookmark")

        assert (await view.until("error"))["code"] == "forbidden"


async def test_whispers_have_an_end(whispering_ann, voice_session, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_WHISPERS", 1)
    async with view_of(whispering_ann.cookies, voice_session) as view:
        await view.until("snapshot")

        await view.say("note", text="one")
        await view.say("note", text="two")

        assert (await view.until("error"))["code"] == "rate_limited"
    assert await Note.objects.acount() == 1


async def test_each_link_has_its_own_end_also_for_two_of_one_name(voice_session, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_WHISPERS", 1)
    for _ in range(2):
        _, token = await sync_to_async(link_to)(voice_session, Scope.NOTES)
        browser = await sync_to_async(opened)(token)
        async with view_of(browser.cookies, voice_session) as view:
            await view.until("snapshot")
            await view.say("note", text="one")
            await view.say("note", text="two")
            assert (await view.until("error"))["code"] == "rate_limited"

    authors = [note.author_name async for note in Note.objects.order_by("pk")]
    assert authors == ["Ann", "Ann (2)"]
