"""A session shared by a link: what a trusted viewer may, what stays the owner's, and how a link ends."""

from __future__ import annotations

import hashlib
import logging
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import AsyncClient, Client
from django.utils import timezone

from linnet_site.logs import HidesSecrets
from sessions_app import editing, lifecycle, recording, sharing
from sessions_app.models import EndReason, Note, Scope, Share, ShareUse
from sessions_app.sharing import Lifetime
from sessions_app.views import guesses
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def nobody_guessed_yet():
    cache.clear()


def link_to(voice_session, scope=Scope.VIEW, name="Ann"):
    return sharing.make(voice_session, name=name, scope=scope, lifetime=Lifetime.DAY)


def opened(token):
    """Return a browser without an account in which the link was opened."""
    browser = Client()
    assert browser.get(f"/shared/{token}/").status_code == 303
    return browser


@pytest.fixture
def ann(voice_session):
    return opened(link_to(voice_session)[1])


@pytest.fixture
def whispering_ann(voice_session):
    return opened(link_to(voice_session, Scope.NOTES)[1])


class TestMaking:
    def make(self, browser, voice_session, **fields):
        fields = {"name": "Ann", "scope": "view", "lifetime": "day"} | fields
        return browser.post(f"/sessions/{voice_session.pk}/shares/", fields)

    def test_the_link_is_shown_once_and_only_its_hash_is_kept(self, alices_browser, voice_session):
        page = self.make(alices_browser, voice_session).text

        token = page.split("/shared/")[1].split("/")[0]
        share = Share.objects.get()
        assert share.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
        assert len(token) >= 43  # 256 bits in base64
        assert token not in alices_browser.get(f"/sessions/{voice_session.pk}/shares/").text
        assert opened(token).get(f"/sessions/{voice_session.pk}/").status_code == 200

    @pytest.mark.parametrize(("lifetime", "hours"), [("hour", 1), ("day", 24), ("week", 168), ("open", None)])
    def test_it_works_as_long_as_was_said(self, alices_browser, voice_session, lifetime, hours):
        self.make(alices_browser, voice_session, lifetime=lifetime)

        expires_at = Share.objects.get().expires_at
        if hours is None:
            assert expires_at is None
        else:
            assert abs(expires_at - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)

    @pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "everything"}, {"lifetime": "for ever"}])
    def test_nonsense_makes_no_link(self, alices_browser, voice_session, wrong):
        assert self.make(alices_browser, voice_session, **wrong).status_code == 400
        assert not Share.objects.exists()

    def test_the_form_begins_with_what_was_chosen_before(self, alices_browser, voice_session):
        self.make(alices_browser, voice_session, scope="notes", lifetime="week")

        form = alices_browser.get(f"/sessions/{voice_session.pk}/shares/").context["form"]

        assert (form.initial["scope"], form.initial["lifetime"]) == (Scope.NOTES, Lifetime.WEEK)

    def test_there_is_an_end_to_links(self, alices_browser, voice_session, monkeypatch):
        monkeypatch.setattr(sharing, "MAX_OPEN_LINKS", 1)
        self.make(alices_browser, voice_session)

        assert self.make(alices_browser, voice_session).status_code == 400

    def test_only_the_owner_makes_and_withdraws(self, bobs_browser, ann, voice_session):
        share = Share.objects.get()
        for browser, answer in [(bobs_browser, 404), (ann, 302)]:
            assert self.make(browser, voice_session).status_code == answer
            assert browser.get(f"/sessions/{voice_session.pk}/shares/").status_code == answer
            assert browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/").status_code == answer
        assert Share.objects.get().is_open

    def test_every_form_needs_its_csrf_token(self, alice, voice_session):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)
        share, _ = link_to(voice_session)

        assert self.make(browser, voice_session).status_code == 403
        assert browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/").status_code == 403
        assert browser.post("/shares/revoke/").status_code == 403


class TestOpening:
    def test_the_answer_tells_nobody_where_it_came_from(self, voice_session):
        answer = Client().get(f"/shared/{link_to(voice_session)[1]}/")

        assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{voice_session.pk}/")
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]

    def test_it_works_for_somebody_who_is_logged_in_as_someone_else(self, bobs_browser, voice_session):
        bobs_browser.get(f"/shared/{link_to(voice_session)[1]}/")

        assert bobs_browser.get(f"/sessions/{voice_session.pk}/").status_code == 200

    def test_a_preview_burns_nothing_and_is_no_use(self, voice_session):
        _, token = link_to(voice_session)
        for method in ("head", "get", "get"):
            getattr(Client(), method)(f"/shared/{token}/")
        assert not ShareUse.objects.exists()

        ann = opened(token)
        ann.get(f"/sessions/{voice_session.pk}/")
        ann.get(f"/sessions/{voice_session.pk}/")

        assert ShareUse.objects.count() == 1

    @pytest.mark.parametrize("path", ["events/", "text/", "big/"])
    def test_who_reads_only_the_words_has_used_it_too(self, voice_session, path):
        opened(link_to(voice_session)[1]).get(f"/sessions/{voice_session.pk}/{path}")

        assert ShareUse.objects.count() == 1

    async def test_who_only_watches_by_a_socket_has_used_it_once(self, voice_session):
        _, token = await sync_to_async(link_to)(voice_session)
        ann = await sync_to_async(opened)(token)
        for _ in range(2):
            async with view_of(ann.cookies, voice_session) as view:
                await view.until("snapshot")

        assert await ShareUse.objects.acount() == 1

    def test_an_ended_link_says_what_to_do(self, client):
        assert "ask them for a new one" in client.get("/shared/nonsense/").text

    def test_the_owner_opening_it_stays_the_owner(self, alices_browser, voice_session):
        alices_browser.get(f"/shared/{link_to(voice_session)[1]}/")

        assert alices_browser.get(f"/sessions/{voice_session.pk}/").context["is_owner"] is True
        assert not ShareUse.objects.exists()

    def test_an_ended_a_withdrawn_and_an_unknown_link_are_alike(self, voice_session):
        ended, ended_token = link_to(voice_session)
        Share.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        withdrawn, withdrawn_token = link_to(voice_session)
        sharing.revoke(Share.objects.filter(pk=withdrawn.pk))

        answers = [Client().get(f"/shared/{token}/") for token in (ended_token, withdrawn_token, "no-such-token")]

        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert len({answer.text for answer in answers}) == 1

    def test_guessing_is_limited_per_address(self, voice_session, monkeypatch):
        monkeypatch.setattr(guesses, "MAX_GUESSES", 3)
        _, token = link_to(voice_session)

        answers = [Client().get(f"/shared/guess-{number}/").status_code for number in range(5)]

        assert answers == [404, 404, 404, 429, 429]
        assert Client().get(f"/shared/{token}/").status_code == 429
        assert Client(REMOTE_ADDR="192.0.2.7").get(f"/shared/{token}/").status_code == 303

    def test_a_household_is_one_address(self, monkeypatch):
        monkeypatch.setattr(guesses, "MAX_GUESSES", 1)
        Client(REMOTE_ADDR="2001:db8:1:2::1").get("/shared/guess/")

        assert Client(REMOTE_ADDR="2001:db8:1:2:ffff::9").get("/shared/guess/").status_code == 429
        assert Client(REMOTE_ADDR="2001:db8:1:3::1").get("/shared/guess/").status_code == 404

    def test_a_cache_that_is_away_keeps_nobody_out(self, voice_session, monkeypatch):
        def away(*args, **kwargs):
            raise ConnectionError

        monkeypatch.setattr(guesses, "cache", type("Away", (), {"get": away, "add": away, "incr": away}))

        assert Client().get("/shared/guess/").status_code == 404
        opened(link_to(voice_session)[1])

    def test_no_log_line_holds_a_token(self, voice_session, caplog):
        caplog.handler.addFilter(HidesSecrets())
        caplog.set_level(logging.INFO)
        _, token = link_to(voice_session)

        Client().post(f"/shared/{token}/")  # "Method Not Allowed", which Django logs with the address
        Client().get(f"/shared/{token}x/")

        assert "/shared/…" in caplog.text
        assert token not in caplog.text


class TestWatching:
    def test_the_live_page_has_no_tools(self, ann, voice_session):
        recording.append(voice_session.pk, [words("what was said")])

        page = ann.get(f"/sessions/{voice_session.pk}/").text

        assert "what was said" in page
        for tool in ("linnet-microphone", "/end/", "/shares/", "linnet-whisper"):
            assert tool not in page

    def test_who_may_whisper_finds_where(self, whispering_ann, voice_session):
        assert "<linnet-whisper" in whispering_ann.get(f"/sessions/{voice_session.pk}/").text

    def test_the_debrief_is_for_reading(self, ann, alice, voice_session):
        recording.append(voice_session.pk, [words("what was said")])
        editing.add_note(voice_session, author=alice, text="a private thought")
        lifecycle.end(voice_session, EndReason.USER)

        page = ann.get(f"/sessions/{voice_session.pk}/").text

        assert "what was said" in page
        for private in ("a private thought", "export.", "/reopen/", "/shares/"):
            assert private not in page

    def test_programs_get_the_events_and_little_else(self, ann, voice_session):
        recording.append(voice_session.pk, [words("what was said")])

        events = ann.get(f"/sessions/{voice_session.pk}/events/").json()["events"]
        session = ann.get(f"/sessions/{voice_session.pk}/", **JSON).json()

        assert events[0]["text"] == "what was said"
        assert set(session) == {"id", "title", "state", "last_seq", "simulated"}

    def test_everything_else_stays_closed(self, ann, alice, voice_session):
        other = lifecycle.create(alice, title="Another call")
        own = f"/sessions/{voice_session.pk}"
        for path in ("/", "/sessions/", f"{own}/export.txt", f"/sessions/{other.pk}/", "/shares/", "/profile/account/"):
            assert ann.get(path).status_code == 302, path
        for path in (f"{own}/end/", f"{own}/reopen/", f"{own}/title/", f"{own}/notes/", f"{own}/off-record/"):
            assert ann.post(path, {"title": "x", "text": "x", "off": "1"}).status_code == 302, path
        assert ann.get(f"/sessions/{other.pk}/events/").status_code == 401

    def test_who_came_by_a_link_that_was_withdrawn_is_not_asked_to_log_in(self, ann, bobs_browser, voice_session):
        _, token = link_to(voice_session)
        bobs_browser.get(f"/shared/{token}/")
        sharing.revoke(Share.objects.all())

        assert ann.get(f"/sessions/{voice_session.pk}/").status_code == 404
        assert ann.get(f"/sessions/{voice_session.pk}/events/").status_code == 404
        assert bobs_browser.get(f"/sessions/{voice_session.pk}/").status_code == 404

    def test_a_session_that_was_deleted_is_gone_for_everybody(self, ann, voice_session):
        voice_session.deleted_at = timezone.now()
        voice_session.save()

        assert ann.get(f"/sessions/{voice_session.pk}/events/").status_code == 404


class TestWithdrawing:
    def test_one_click(self, alices_browser, ann, voice_session):
        share = Share.objects.get()

        answer = alices_browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/")

        assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{voice_session.pk}/shares/")
        assert "The link is withdrawn" in alices_browser.get(answer["Location"]).text
        assert not Share.objects.valid().exists()

    def test_someone_elses_link_is_not_there(self, bob, bobs_browser, ann):
        bobs_session = lifecycle.create(bob)
        share = Share.objects.get()

        assert bobs_browser.post(f"/sessions/{bobs_session.pk}/shares/{share.pk}/revoke/").status_code == 404

    def test_all_at_once(self, alices_browser, bob, voice_session):
        link_to(voice_session)
        link_to(voice_session)
        link_to(lifecycle.create(bob))

        alices_browser.post("/shares/revoke/")

        assert "2 links are withdrawn" in alices_browser.get("/shares/").text
        assert Share.objects.valid().get().session.owner == bob

    def test_the_owner_sees_who_has_what_and_when_it_was_opened(self, alices_browser, ann, voice_session):
        ann.get(f"/sessions/{voice_session.pk}/")
        link_to(voice_session, name="Ben")

        page = alices_browser.get(f"/sessions/{voice_session.pk}/shares/").text

        assert "Ann" in page
        assert "opened once" in page
        assert "not opened yet" in page

    def test_the_list_costs_few_queries(self, alices_browser, voice_session, django_assert_max_num_queries):
        for number in range(15):
            share, _ = link_to(voice_session, name=f"Viewer {number}")
            ShareUse.objects.create(share=share)

        with django_assert_max_num_queries(8):
            alices_browser.get(f"/sessions/{voice_session.pk}/shares/")


class TestSockets:
    async def test_a_trusted_viewer_sees_events_and_no_notes(self, ann, alice, alices_browser, voice_session):
        await sync_to_async(editing.add_note)(voice_session, author=alice, text="a private thought")
        async with view_of(ann.cookies, voice_session) as view, view_of(alices_browser.cookies, voice_session) as hers:
            snapshot = await view.until("snapshot")
            await hers.until("snapshot")

            await hers.say("note", text="another one")
            await hers.until("note", text="another one")
            await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)

            assert (await view.until_event("state"))["label"] == "stopped"
            assert "notes" not in snapshot
            assert not [message for message in view.received if message["type"] == "note"]

    async def test_a_whisper_reaches_the_owner_alone(self, ann, whispering_ann, alices_browser, voice_session):
        async with (
            view_of(whispering_ann.cookies, voice_session) as whispering,
            view_of(ann.cookies, voice_session) as watching,
            view_of(alices_browser.cookies, voice_session) as alices,
        ):
            for view in (whispering, watching, alices):
                await view.until("snapshot")

            await whispering.say("note", text="ask for the reference number")

            note = await alices.until("note")
            assert (note["text"], note["author"]) == ("ask for the reference number", "Ann")
            await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)
            for view in (whispering, watching):
                await view.until_event("state")
                assert "note" not in {message["type"] for message in view.received}

    @pytest.mark.parametrize("said", [{"type_": "note", "text": "psst"}, {"type_": "bookmark"}])
    async def test_who_may_only_watch_keeps_nothing(self, ann, voice_session, said):
        async with view_of(ann.cookies, voice_session) as view:
            await view.until("snapshot")

            await view.say(**said)

            assert (await view.until("error"))["code"] == "forbidden"
            await view.say("ping")
            await view.until("pong")  # and may go on watching
        assert not await Note.objects.aexists()

    async def test_a_bookmark_is_the_owners_alone(self, whispering_ann, voice_session):
        async with view_of(whispering_ann.cookies, voice_session) as view:
            await view.until("snapshot")

            await view.say("bookmark")

            assert (await view.until("error"))["code"] == "forbidden"

    async def test_whispers_have_an_end(self, whispering_ann, voice_session, monkeypatch):
        monkeypatch.setattr(sharing, "MAX_WHISPERS", 1)
        async with view_of(whispering_ann.cookies, voice_session) as view:
            await view.until("snapshot")

            await view.say("note", text="one")
            await view.say("note", text="two")

            assert (await view.until("error"))["code"] == "rate_limited"
        assert await Note.objects.acount() == 1

    async def test_nobody_gets_a_socket_without_a_valid_link(self, ann, voice_session):
        other = Client()
        async with view_of(other.cookies, voice_session) as stranger, microphone_of(ann.cookies, voice_session) as mic:
            assert (stranger, mic) == (None, None)

        await sync_to_async(sharing.revoke)(Share.objects.all())
        async with view_of(ann.cookies, voice_session) as view:
            assert view is None

    async def test_the_link_to_one_session_opens_no_other(self, ann, alice):
        other = await sync_to_async(lifecycle.create)(alice)
        async with view_of(ann.cookies, other) as view:
            assert view is None

    async def test_a_member_with_a_link_gets_no_microphone(self, bobs_browser, voice_session):
        _, token = await sync_to_async(link_to)(voice_session)
        await sync_to_async(bobs_browser.get)(f"/shared/{token}/")
        async with microphone_of(bobs_browser.cookies, voice_session) as microphone:
            assert await microphone.closed() == 4404

    async def test_a_link_that_was_passed_on_cannot_lock_out_its_owner(
        self, ann, alices_browser, voice_session, settings
    ):
        settings.LINNET_MAX_VIEWERS_PER_USER = 1
        async with view_of(ann.cookies, voice_session) as first, view_of(ann.cookies, voice_session) as second:
            await first.until("snapshot")
            assert await second.closed() == 4429
            async with view_of(alices_browser.cookies, voice_session) as alices:
                await alices.until("snapshot")

    async def test_the_event_stream_is_open_to_a_trusted_viewer(self, ann, voice_session):
        await sync_to_async(recording.append)(voice_session.pk, [words("what was said")])
        program = AsyncClient()
        program.cookies = ann.cookies.copy()

        answer = await program.get(f"/sessions/{voice_session.pk}/stream/")

        async for chunk in answer.streaming_content:
            if b"what was said" in chunk:
                break
        unknown = await program.get(f"/sessions/{uuid.uuid4()}/stream/")
        assert unknown.status_code == 401
