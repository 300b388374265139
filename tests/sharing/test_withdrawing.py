"""A link is withdrawn: one of them, or all."""

from __future__ import annotations

import pytest

from sessions_app import lifecycle
from sessions_app.models import Share, ShareUse
from tests.sharing.conftest import link_to

pytestmark = pytest.mark.django_db


def test_a_link_is_withdrawn_with_one_click(alices_browser, ann, voice_session):
    share = Share.objects.get()

    answer = alices_browser.post(f"/sessions/{voice_session.pk}/shares/{share.pk}/revoke/")

    assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{voice_session.pk}/shares/")
    assert "The link is withdrawn" in alices_browser.get(answer["Location"]).text
    assert not Share.objects.valid().exists()


def test_someone_elses_link_is_not_there(bob, bobs_browser, ann):
    bobs_session = lifecycle.create(bob)
    share = Share.objects.get()

    assert bobs_browser.post(f"/sessions/{bobs_session.pk}/shares/{share.pk}/revoke/").status_code == 404


def test_all_links_are_withdrawn_at_once(alices_browser, bob, voice_session):
    link_to(voice_session)
    link_to(voice_session)
    link_to(lifecycle.create(bob))

    alices_browser.post("/shares/revoke/")

    assert "2 links are withdrawn" in alices_browser.get("/shares/").text
    assert Share.objects.valid().get().session.owner == bob


def test_the_owner_sees_who_has_what_and_when_it_was_opened(alices_browser, ann, voice_session):
    ann.get(f"/sessions/{voice_session.pk}/")
    link_to(voice_session, name="Ben")

    page = alices_browser.get(f"/sessions/{voice_session.pk}/shares/").text

    assert "Ann" in page
    assert "opened once" in page
    assert "not opened yet" in page


def test_the_list_costs_few_queries(alices_browser, voice_session, django_assert_max_num_queries):
    for number in range(15):
        share, _ = link_to(voice_session, name=f"Viewer {number}")
        ShareUse.objects.create(share=share)

    with django_assert_max_num_queries(8):
        alices_browser.get(f"/sessions/{voice_session.pk}/shares/")
