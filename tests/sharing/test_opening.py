"""Opening a link: by whom, how often, and what is written down of it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from linnet_site.logs import HidesSecrets
from sessions_app import lifecycle, sharing
from sessions_app.models import Share, ShareUse
from sessions_app.views import guesses
from tests.sharing.conftest import link_to, opened
from tests.sockets import view_of

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"HTTP_ACCEPT": "application/json"}


def test_the_answer_tells_nobody_where_it_came_from(voice_session):
    answer = Client().get(f"/shared/{link_to(voice_session)[1]}/")

    assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{voice_session.pk}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]


def test_it_works_for_somebody_who_is_logged_in_as_someone_else(bobs_browser, voice_session):
    bobs_browser.get(f"/shared/{link_to(voice_session)[1]}/")

    assert bobs_browser.get(f"/sessions/{voice_session.pk}/").status_code == 200


def test_a_preview_burns_nothing_and_is_no_use(voice_session):
    _, token = link_to(voice_session)
    for method in ("head", "get", "get"):
        getattr(Client(), method)(f"/shared/{token}/")
    assert not ShareUse.objects.exists()

    ann = opened(token)
    ann.get(f"/sessions/{voice_session.pk}/")
    ann.get(f"/sessions/{voice_session.pk}/")

    assert ShareUse.objects.count() == 1


def test_whoever_has_a_link_cannot_fill_the_disk_with_its_uses(voice_session, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_USES", 3)
    (share, token), (other, _) = link_to(voice_session), link_to(voice_session)
    yesterday, today = timezone.now() - timedelta(days=1), timezone.now()
    ShareUse.objects.bulk_create(ShareUse(share=one, at=yesterday) for one in (share, share, other))

    for _ in range(2):
        opened(token).get(f"/sessions/{voice_session.pk}/")

    assert [use.at > today for use in share.uses.all()] == [True, True, False]
    assert other.uses.count() == 1


@pytest.mark.parametrize("path", ["events/", "text/", "big/"])
def test_who_reads_only_the_words_has_used_it_too(voice_session, path):
    opened(link_to(voice_session)[1]).get(f"/sessions/{voice_session.pk}/{path}")

    assert ShareUse.objects.count() == 1


async def test_who_only_watches_by_a_socket_has_used_it_once(voice_session):
    _, token = await sync_to_async(link_to)(voice_session)
    ann = await sync_to_async(opened)(token)
    for _ in range(2):
        async with view_of(ann.cookies, voice_session) as view:
            await view.until("snapshot")

    assert await ShareUse.objects.acount() == 1


def test_each_of_two_links_opened_before_either_page_was_read_is_used(alice, voice_session):
    other = lifecycle.create(alice)
    browser, links = Client(), [link_to(voice_session), link_to(other)]
    for _, token in links:
        browser.get(f"/shared/{token}/")

    for one in (voice_session, other):
        browser.get(f"/sessions/{one.pk}/")

    assert [share.uses.count() for share, _ in links] == [1, 1]


def test_so_is_each_of_two_links_to_one_session(voice_session):
    browser, links = Client(), [link_to(voice_session), link_to(voice_session)]
    for _, token in links:
        browser.get(f"/shared/{token}/")

    browser.get(f"/sessions/{voice_session.pk}/")
    browser.get(f"/sessions/{voice_session.pk}/")

    assert [share.uses.count() for share, _ in links] == [1, 1]


def test_an_ended_link_says_what_to_do(client):
    assert "ask them for a new one" in client.get("/shared/nonsense/").text


def test_the_owner_opening_it_stays_the_owner(alices_browser, voice_session):
    alices_browser.get(f"/shared/{link_to(voice_session)[1]}/")

    assert alices_browser.get(f"/sessions/{voice_session.pk}/").context["is_owner"] is True
    assert not ShareUse.objects.exists()


def test_an_ended_a_withdrawn_and_an_unknown_link_are_alike(voice_session):
    ended, ended_token = link_to(voice_session)
    Share.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdrawn, withdrawn_token = link_to(voice_session)
    sharing.revoke(Share.objects.filter(pk=withdrawn.pk))

    answers = [Client().get(f"/shared/{token}/") for token in (ended_token, withdrawn_token, "no-such-token")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1


def test_guessing_is_limited_per_address(voice_session, monkeypatch):
    monkeypatch.setattr(guesses, "MAX_GUESSES", 3)
    _, token = link_to(voice_session)

    answers = [Client().get(f"/shared/guess-{number}/").status_code for number in range(5)]

    assert answers == [404, 404, 404, 429, 429]
    assert Client().get(f"/shared/{token}/").status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get(f"/shared/{token}/").status_code == 303


def test_a_household_is_one_address(monkeypatch):
    monkeypatch.setattr(guesses, "MAX_GUESSES", 1)
    Client(REMOTE_ADDR="2001:db8:1:2::1").get("/shared/guess/")

    assert Client(REMOTE_ADDR="2001:db8:1:2:ffff::9").get("/shared/guess/").status_code == 429
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").get("/shared/guess/").status_code == 404


def test_the_counts_of_many_addresses_do_not_push_out_that_of_one(monkeypatch):
    monkeypatch.setattr(guesses, "MAX_GUESSES", 1)
    Client().get("/shared/guess/")

    for number in range(5000):
        cache.set(f"count-of-{number}", 1)

    assert Client().get("/shared/guess/").status_code == 429


def test_a_cache_that_is_away_keeps_nobody_out(voice_session, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(guesses, "cache", type("Away", (), {"get": away, "add": away, "incr": away}))

    assert Client().get("/shared/guess/").status_code == 404
    opened(link_to(voice_session)[1])


def test_no_log_line_holds_a_token(voice_session, caplog):
    caplog.handler.addFilter(HidesSecrets())
    caplog.set_level(logging.INFO)
    _, token = link_to(voice_session)

    Client().post(f"/shared/{token}/")  # "Method Not Allowed", which Django logs with the address
    Client().get(f"/shared/{token}x/")

    assert "/shared/…" in caplog.text
    assert token not in caplog.text
