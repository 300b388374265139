"""The owner makes a link and sees what became of it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from sessions_app import lifecycle, sharing
from sessions_app.models import Scope, Share, ShareUse
from sessions_app.sharing import Lifetime
from tests.conftest import logged_in
from tests.sharing.conftest import link_to, opened

pytestmark = pytest.mark.django_db


def make(browser, voice_session, **fields):
    fields = {"name": "Ann", "scope": "view", "lifetime": "day"} | fields
    return browser.post(f"/sessions/{voice_session.pk}/shares/", fields)


def test_the_link_is_shown_once_and_only_its_hash_is_kept(alices_browser, voice_session):
    page = make(alices_browser, voice_session).text

    token = page.split("/shared/")[1].split("/")[0]
    share = Share.objects.get()
    assert share.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) >= 43  # 256 bits in base64
    assert token not in alices_browser.get(f"/sessions/{voice_session.pk}/shares/").text
    assert opened(token).get(f"/sessions/{voice_session.pk}/").status_code == 200


@pytest.mark.parametrize(("lifetime", "hours"), [("hour", 1), ("day", 24), ("week", 168), ("open", None)])
def test_it_works_as_long_as_was_said(alices_browser, voice_session, lifetime, hours):
    make(alices_browser, voice_session, lifetime=lifetime)

    expires_at = Share.objects.get().expires_at
    if hours is None:
        assert expires_at is None
    else:
        assert abs(expires_at - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "everything"}, {"lifetime": "for ever"}])
def test_nonsense_makes_no_link(alices_browser, voice_session, wrong):
    assert make(alices_browser, voice_session, **wrong).status_code == 400
    assert not Share.objects.exists()


def test_the_form_begins_with_what_was_chosen_before(alices_browser, voice_session):
    make(alices_browser, voice_session, scope="notes", lifetime="week")

    form = alices_browser.get(f"/sessions/{voice_session.pk}/shares/").context["form"]

    assert (form.initial["scope"], form.initial["lifetime"]) == (Scope.NOTES, Lifetime.WEEK)


def test_there_is_an_end_to_links(alices_browser, voice_session, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_OPEN_LINKS", 1)
    make(alices_browser, voice_session)

    assert make(alices_browser, voice_session).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_forms_sent_at_once_do_not_make_one_link_too_many(alice, voice_session, monkeypatch):
    monkeypatch.setattr(sharing, "MAX_OPEN_LINKS", 3)

    def send(browser):
        try:
            return make(browser, voice_session).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, [logged_in(alice) for _ in range(8)]))

    assert sorted(answers) == [200] * 3 + [400] * 5
    assert set(Share.objects.values_list("name", flat=True)) == {"Ann", "Ann (2)", "Ann (3)"}


def test_links_for_two_of_one_name_can_be_told_apart(alices_browser, voice_session):
    for _ in range(3):
        page = make(alices_browser, voice_session).text
    make(alices_browser, voice_session, name="A" * 150)
    make(alices_browser, voice_session, name="A" * 150)

    assert "The link for Ann (3)" in page
    names = set(Share.objects.values_list("name", flat=True))
    assert names == {"Ann", "Ann (2)", "Ann (3)", "A" * 150, "A" * 146 + " (2)"}


def test_a_session_that_is_deleted_meanwhile_gets_no_link(alices_browser, voice_session, monkeypatch):
    made = sharing.make

    def deleted_first(*args, **options):
        lifecycle.delete(voice_session)
        return made(*args, **options)

    monkeypatch.setattr(sharing, "make", deleted_first)

    assert make(alices_browser, voice_session).status_code == 404
    assert not Share.objects.exists()


def test_of_a_link_that_was_opened_again_and_again_the_last_times_are_shown(alices_browser, voice_session):
    share, _ = link_to(voice_session)
    ShareUse.objects.bulk_create(ShareUse(share=share) for _ in range(sharing.SHOWN_USES + 5))

    page = alices_browser.get(f"/sessions/{voice_session.pk}/shares/").text

    uses = page.split("When it was opened")[1].split("</details>")[0]
    assert f"opened {sharing.SHOWN_USES + 5} times" in page
    assert uses.count("<li>") == sharing.SHOWN_USES
    assert "Earlier times are not shown." in uses


def test_a_link_whose_first_uses_are_forgotten_does_not_pretend_to_count_them(
    alices_browser, voice_session, monkeypatch
):
    monkeypatch.setattr(sharing, "MAX_USES", 3)
    share, _ = link_to(voice_session)
    ShareUse.objects.bulk_create(ShareUse(share=share) for _ in range(3))

    for page in (f"/sessions/{voice_session.pk}/shares/", "/shares/"):
        assert "opened at least 3 times" in alices_browser.get(page).text


def test_only_the_owner_makes_and_withdraws(bobs_browser, ann, voice_session):
    share = Share.objects.get()
    for browser, answer in [(bobs_browser, 404), (ann, 302)]:
        assert make(browser, voice_session).status_code == answer
        assert browser.get(f"/sessions/{voice_session.pk}/shares/").status_code == answer
        assert browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/").status_code == answer
    assert Share.objects.get().is_open


def test_every_form_needs_its_csrf_token(alice, voice_session):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    share, _ = link_to(voice_session)

    assert make(browser, voice_session).status_code == 403
    assert browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/").status_code == 403
    assert browser.post("/shares/revoke/").status_code == 403
