"""What a person keeps rejecting is said more softly to them: live, and when they read again."""

from __future__ import annotations

import pytest

from sessions_app import calibration, lifecycle, recording
from sessions_app.annotation.annotator import Annotator
from sessions_app.annotation.bands import softer
from sessions_app.annotation.events import Kind, to_wire
from sessions_app.lines import lines_of
from sessions_app.models import EndReason, Event, Profile, ToneFeedback, Verdict
from sessions_app.voice.contract import Observation
from tests.conftest import logged_in
from tests.sockets import microphone_of
from tests.test_debrief import tone
from tests.test_recording import words

AGREE, DISMISS, HEARD_AS = Verdict.AGREE, Verdict.DISMISS, Verdict.HEARD_AS


@pytest.fixture
def judge(alice, voice_session):
    """Let Alice judge a tone of that label, once for each verdict."""

    def judge(label, *verdicts, user=alice):
        for verdict in verdicts:
            stored = recording.append(voice_session.pk, [tone(label)])
            calibration.judge(voice_session, stored.first_seq, user=user, verdict=verdict, heard_as="Tired")

    return judge


@pytest.mark.django_db
class TestAgreement:
    def test_it_is_counted_for_each_label(self, alice, judge):
        judge("Frustrated", AGREE, DISMISS, HEARD_AS)
        judge("Warm", AGREE)

        assert [
            (each.label, each.agreed, each.verdicts, each.percent) for each in calibration.agreements_of(alice.pk)
        ] == [
            ("Frustrated", 1, 3, 33),
            ("Warm", 1, 1, 100),
        ]

    @pytest.mark.parametrize(
        ("verdicts", "is_softened"),
        [
            ([DISMISS, DISMISS], False),  # too few to know
            ([DISMISS, HEARD_AS, DISMISS], True),
            ([DISMISS, DISMISS, AGREE], True),
            ([DISMISS, DISMISS, DISMISS, AGREE, AGREE], False),  # 60 % is not more than 60 %
            ([AGREE, AGREE, AGREE], False),
        ],
    )
    def test_what_somebody_keeps_rejecting_is_softened(self, alice, judge, verdicts, is_softened):
        judge("Frustrated", *verdicts)

        assert ("Frustrated" in calibration.softened_labels(alice.pk)) is is_softened

    def test_everybody_has_their_own(self, bob, judge):
        judge("Frustrated", DISMISS, DISMISS, DISMISS)

        assert calibration.softened_labels(bob.pk) == frozenset()

    def test_it_costs_one_query(self, alice, judge, django_assert_num_queries):
        judge("Frustrated", DISMISS, DISMISS)

        with django_assert_num_queries(1):
            calibration.softened_labels(alice.pk)


class TestSofterWords:
    def annotated(self, label, confidence, **options):
        heard = Observation(kind="tone", label=label, start_ms=0, end_ms=1000, confidence=confidence, speaker_id="A")
        [event] = Annotator(engine="test", is_simulated=False, **options).annotate([heard])
        return to_wire(event, session_id="s", seq=1)

    @pytest.mark.parametrize(("confidence", "band"), [(0.9, "maybe"), (0.5, "unclear")])
    def test_a_softened_label_goes_down_one_band_and_says_so(self, confidence, band):
        wire = self.annotated("Frustrated", confidence, softened=frozenset({"Frustrated"}))

        assert (wire["band"], wire["softened"], wire["confidence"]) == (band, True, confidence)

    def test_another_label_stays_as_it_is(self):
        wire = self.annotated("Warm", 0.9, softened=frozenset({"Frustrated"}))

        assert wire["band"] == "clear"
        assert "softened" not in wire

    def test_what_is_unclear_cannot_be_softened(self):
        assert "softened" not in self.annotated("Frustrated", 0.3, softened=frozenset({"Frustrated"}))
        assert [softer(band) for band in ("clear", "maybe", "unclear")] == ["maybe", "unclear", "unclear"]


@pytest.mark.django_db
class TestReadingAgain:
    def bands(self, voice_session, softened):
        lines = lines_of(voice_session.events.after(0).columns(), softened=softened)
        return [(line.tone_band, line.is_softened) for line in lines if line.tone]

    def test_an_old_session_is_shown_more_softly(self, voice_session):
        recording.append(voice_session.pk, [words(), tone("Frustrated")])

        assert self.bands(voice_session, {"Frustrated"}) == [("maybe", True)]
        assert self.bands(voice_session, {"Warm"}) == [("clear", False)]

    def test_what_was_softened_live_is_not_softened_twice(self, voice_session):
        recording.append(voice_session.pk, [words(), tone("Frustrated", band="maybe")])
        event = Event.objects.get(session=voice_session, kind=Kind.TONE)
        event.payload["softened"] = True
        event.save()

        assert self.bands(voice_session, {"Frustrated"}) == [("maybe", True)]

    def test_the_debrief_says_why(self, alices_browser, voice_session, judge):
        recording.append(voice_session.pk, [words(), tone("Frustrated")])
        judge("Frustrated", DISMISS, DISMISS, DISMISS)
        lifecycle.end(voice_session, EndReason.USER)

        html = alices_browser.get(f"/sessions/{voice_session.pk}/").text

        assert "may sound frustrated" in html
        assert "because you often heard them differently" in html

    def test_files_hold_the_record_as_it_is(self, alices_browser, voice_session, judge):
        recording.append(voice_session.pk, [words(), tone("Frustrated")])
        judge("Frustrated", DISMISS, DISMISS, DISMISS)

        answer = alices_browser.get(f"/sessions/{voice_session.pk}/export.txt?tone=1")

        assert "(sounds frustrated)" in b"".join(answer.streaming_content).decode()


@pytest.mark.django_db(transaction=True)
async def test_live_captions_are_softened_from_the_next_microphone_on(alice, judge):
    """The scripted voice says "Calm and steady" first, clearly."""
    from asgiref.sync import sync_to_async

    await sync_to_async(judge)("Calm and steady", DISMISS, DISMISS, DISMISS)
    voice_session = await sync_to_async(lifecycle.create)(alice)
    browser = await sync_to_async(logged_in)(alice)

    async with microphone_of(browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(bytes(32_000 * 3))
        await microphone.say("close")
        await microphone.closed()

    event = await Event.objects.aget(session=voice_session, kind=Kind.TONE, label="Calm and steady")
    assert (event.payload["band"], event.payload["softened"]) == ("maybe", True)


@pytest.mark.django_db
class TestThePage:
    def test_it_says_it_in_plain_words(self, alices_browser, judge):
        judge("Frustrated", DISMISS, DISMISS, AGREE)

        html = alices_browser.get("/calibration/").text

        assert "You agreed 1 of 3 times (33 %)." in html
        assert "Linnet says this tone more softly to you." in html

    def test_one_label_can_be_begun_again(self, alices_browser, alice, judge):
        judge("Frustrated", DISMISS, DISMISS, DISMISS)
        judge("Warm", AGREE)

        alices_browser.post("/calibration/reset/", {"label": "Frustrated"})

        assert [each.label for each in calibration.agreements_of(alice.pk)] == ["Warm"]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "Say which tone"),
            ({"label": ""}, "Say which tone"),
            ({"label": "Frustrated", "all": "1"}, "Say which tone"),
            ({"label": "\0"}, "Null characters are not allowed"),
            ({"label": "Warm"}, "You have not said anything about “Warm”"),
            ({"label": "x" * 201}, "at most 200 characters"),
        ],
    )
    def test_what_is_not_clear_forgets_nothing_and_says_so(self, alices_browser, judge, fields, said):
        judge("Frustrated", DISMISS)

        page = alices_browser.post("/calibration/reset/", fields, follow=True)
        answer = alices_browser.post("/calibration/reset/", fields, headers={"accept": "application/json"})

        assert said in page.text
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid"
        assert said in answer.json()["message"]
        assert ToneFeedback.objects.count() == 1

    def test_everything_can_be_forgotten_by_who_says_so(self, alices_browser, judge, bob):
        judge("Frustrated", DISMISS)
        judge("Frustrated", DISMISS, user=bob)

        alices_browser.post("/calibration/reset/", {"all": "1"})

        assert [row.user for row in ToneFeedback.objects.all()] == [bob]

    def test_the_button_of_the_page_says_so(self, alices_browser, judge):
        judge("Frustrated", DISMISS)

        assert '<input type="hidden" name="all" value="1">' in alices_browser.get("/calibration/").text

    def test_programs_are_told_how_many(self, alices_browser, judge):
        judge("Frustrated", DISMISS, AGREE)
        fields = {"label": "Frustrated"}

        answer = alices_browser.post(
            "/calibration/reset/", fields, content_type="application/json", headers={"accept": "application/json"}
        )

        assert answer.json() == {"deleted": 2}

    def test_a_label_is_never_markup(self, alices_browser, judge):
        judge("<script>alert(1)</script>", DISMISS)

        assert "<script>alert" not in alices_browser.get("/calibration/").text

    def test_sharing_is_off_until_somebody_says_so(self, alices_browser, alice):
        assert calibration.shares_feedback(alice.pk) is False

        alices_browser.post("/calibration/sharing/", {"shares_feedback": "1"})

        assert Profile.objects.get(user=alice).shares_feedback is True

    def test_who_withdraws_takes_back_what_was_shared(self, alices_browser, alice, judge):
        judge("Warm", AGREE)
        ToneFeedback.objects.update(is_shared=True, is_approved=True)

        alices_browser.post("/calibration/sharing/", {})

        row = ToneFeedback.objects.get()
        assert (row.is_shared, row.is_approved) == (False, False)

    @pytest.mark.parametrize("path", ["", "reset/", "sharing/"])
    def test_only_for_who_is_logged_in(self, client, path):
        answer = client.post(f"/calibration/{path}") if path else client.get("/calibration/")

        assert answer.status_code == 302
