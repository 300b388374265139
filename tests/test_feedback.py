"""What somebody says about one tone: private, changeable, and theirs to take back."""

from __future__ import annotations

import pytest

from sessions_app import calibration, lifecycle, recording
from sessions_app.models import EndReason, ToneFeedback, Verdict
from tests.test_debrief import line, tone
from tests.test_recording import words

pytestmark = pytest.mark.django_db

JSON = {"headers": {"Accept": "application/json"}}
TONE = 2


@pytest.fixture
def said(voice_session):
    recording.append(
        voice_session.pk, [words("so it is"), tone("Frustrated"), words("bye", start_ms=2000, end_ms=3000)]
    )
    lifecycle.end(voice_session, EndReason.USER)
    return voice_session


@pytest.fixture
def judge(alices_browser, said):
    def judge(seq=TONE, browser=alices_browser, **fields):
        return browser.post(f"/sessions/{said.pk}/tones/{seq}/feedback/", fields, **JSON)

    return judge


def the_verdict():
    row = ToneFeedback.objects.get()
    return row.label, row.verdict, row.heard_as, row.is_shared


def test_a_verdict_is_kept_and_private(judge):
    answer = judge(verdict="agree")

    assert answer.json() == {"seq": TONE, "verdict": "agree", "heard_as": "", "is_shared": False}
    assert the_verdict() == ("Frustrated", "agree", "", False)


def test_i_heard_it_as_something_else(judge):
    judge(verdict="heard_as", heard_as="Tired, not angry")

    assert the_verdict() == ("Frustrated", "heard_as", "Tired, not angry", False)


def test_heard_as_the_same_is_agreement(judge):
    judge(verdict="heard_as", heard_as="frustrated")

    assert the_verdict() == ("Frustrated", "agree", "", False)


def test_a_program_may_send_json(alices_browser, said):
    alices_browser.post(
        f"/sessions/{said.pk}/tones/{TONE}/feedback/",
        {"verdict": "dismiss", "is_shared": True},
        content_type="application/json",
        **JSON,
    )

    assert the_verdict() == ("Frustrated", "dismiss", "", True)


def test_it_can_be_changed(judge):
    judge(verdict="heard_as", heard_as="Tired")
    judge(verdict="dismiss")

    assert the_verdict() == ("Frustrated", "dismiss", "", False)


def test_it_can_be_taken_back(judge):
    judge(verdict="agree")

    assert judge(verdict="take_back").json() == {"seq": TONE, "verdict": None}
    assert not ToneFeedback.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"verdict": "like"}, {"verdict": "heard_as"}, {"verdict": "heard_as", "heard_as": "x" * 201}]
)
def test_nonsense_is_explained(judge, fields):
    answer = judge(**fields)

    assert answer.status_code == 400
    assert answer.json()["message"]
    assert not ToneFeedback.objects.exists()


@pytest.mark.parametrize("seq", [1, 99])
def test_only_tones_are_judged(judge, seq):
    assert judge(seq=seq, verdict="agree").status_code == 404


def test_a_stranger_cannot_judge(judge, bobs_browser):
    assert judge(browser=bobs_browser, verdict="agree").status_code == 404
    assert not ToneFeedback.objects.exists()


class TestConsent:
    def test_sharing_is_said_with_the_verdict(self, judge):
        judge(verdict="agree", is_shared="1")

        assert the_verdict()[-1] is True

    def test_who_shares_by_default_shares_without_saying(self, judge, alice):
        calibration.set_sharing(alice, is_shared=True)

        judge(verdict="agree")

        assert the_verdict()[-1] is True

    def test_and_may_decide_otherwise_each_time(self, judge, alice):
        calibration.set_sharing(alice, is_shared=True)

        judge(verdict="agree", is_shared="0")

        assert the_verdict()[-1] is False

    def test_a_new_verdict_leaves_consent_as_it_was(self, judge, alice):
        judge(verdict="agree", is_shared="1")
        judge(verdict="dismiss")

        assert the_verdict()[-1] is True

    def test_the_form_without_its_check_mark_takes_consent_away(self, judge):
        judge(verdict="agree", is_shared="1")
        judge(verdict="agree", is_shared=["0"])

        assert the_verdict()[-1] is False

    def test_a_verdict_that_changes_is_looked_at_again(self, judge):
        judge(verdict="agree", is_shared="1")
        ToneFeedback.objects.update(is_approved=True)

        judge(verdict="dismiss")

        assert ToneFeedback.objects.get().is_approved is False


class TestThePage:
    @pytest.fixture
    def read(self, alices_browser, said):
        return lambda query: alices_browser.get(f"/sessions/{said.pk}/{query}").text

    def test_the_check_mark_is_off(self, read):
        [box] = [part for part in line(read("?edit=1&line=1"), 1).split("<") if 'type="checkbox"' in part]

        assert "checked" not in box

    def test_the_check_mark_is_as_the_account_says(self, read, alice):
        calibration.set_sharing(alice, is_shared=True)

        [box] = [part for part in line(read("?edit=1&line=1"), 1).split("<") if 'type="checkbox"' in part]

        assert "checked" in box

    def test_a_form_leads_back_to_its_line(self, alices_browser, said, read):
        back = f"/sessions/{said.pk}/?edit=1&line=1#line-1"
        assert f'name="back" value="{back.replace("&", "&amp;")}"' in line(read("?edit=1&line=1"), 1)

        fields = {"verdict": "agree", "back": back, "is_shared": ["0", "1"]}
        answer = alices_browser.post(f"/sessions/{said.pk}/tones/{TONE}/feedback/", fields)

        assert (answer.status_code, answer["Location"]) == (303, back)
        assert the_verdict()[-1] is True

    def test_what_was_said_stands_at_the_line(self, read, said, alice):
        calibration.judge(said, TONE, user=alice, verdict=Verdict.HEARD_AS, heard_as="<b>Tired</b>")

        assert "You heard it as: &lt;b&gt;Tired&lt;/b&gt;" in line(read(""), 1)


def test_a_form_leads_nowhere_else(alices_browser, said):
    fields = {"verdict": "agree", "back": "https://evil.example/"}

    answer = alices_browser.post(f"/sessions/{said.pk}/tones/{TONE}/feedback/", fields)

    assert answer["Location"] == f"/sessions/{said.pk}/"
