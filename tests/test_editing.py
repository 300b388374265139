"""Corrections: everywhere at once, the original kept beside them, removed words gone for good."""

from __future__ import annotations

import pytest
import time_machine

from sessions_app import editing, lease, lifecycle, lines, off_record, recording, revisions
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import EndReason, Event, Note, Revision, VoiceSession
from tests.test_recording import batch_of, words


@pytest.fixture
def said(voice_session):
    recording.append(voice_session.pk, [words("helo there", speaker="Speaker A"), words("hi", speaker="Speaker B")])
    return voice_session


def line(voice_session, seq):
    return Event.objects.get(session=voice_session, seq=seq)


def test_a_correction_keeps_the_original(said, alice):
    revised = editing.correct_words(said, 1, "hello there", author=alice)

    assert line(said, 1).text == "hello there"
    assert line(said, 1).as_wire()["corrected"] is True
    kept = Revision.objects.get(session=said)
    assert (kept.before, kept.after, kept.author) == ("helo there", "hello there", alice)
    assert '"text":"hello there"' in revised.frames[0]


def test_a_removed_line_leaves_no_words_anywhere(said, alice):
    editing.correct_words(said, 1, "hello secret", author=alice)

    editing.remove_line(said, 1, author=alice)

    assert line(said, 1).text == ""
    assert not Revision.objects.exclude(before="", after="").exists()


def test_a_removal_taken_back_leaves_the_line_as_it_was(said, alice):
    before = line(said, 1).as_wire()
    removed = editing.remove_line(said, 1, author=alice)

    revised = editing.put_back(said, 1, removed.receipt, author=alice)

    assert line(said, 1).as_wire() == before
    assert "corrected" not in revised.frames[0]


def test_a_corrected_line_is_put_back_with_what_was_heard(said, alice):
    editing.correct_words(said, 1, "hello there", author=alice)
    removed = editing.remove_line(said, 1, author=alice)

    editing.put_back(said, 1, removed.receipt, author=alice)

    assert line(said, 1).as_wire()["corrected"] is True
    assert lines.originals_of(said.pk, [1]) == {1: "helo there"}


def test_putting_back_costs_as_much_however_often_a_line_was_changed(said, alice, django_assert_max_num_queries):
    for number in range(20):
        editing.correct_words(said, 1, f"hello {number}", author=alice)
    removed = editing.remove_line(said, 1, author=alice)

    with django_assert_max_num_queries(16):
        editing.put_back(said, 1, removed.receipt, author=alice)

    assert lines.originals_of(said.pk, [1]) == {1: "helo there"}


def test_new_words_for_a_removed_line_are_marked(said, alice):
    editing.remove_line(said, 1, author=alice)

    editing.correct_words(said, 1, "something else", author=alice)

    assert line(said, 1).as_wire()["corrected"] is True


def test_a_receipt_puts_back_nothing_but_what_it_was_given_for(said, alice):
    receipt = editing.remove_line(said, 1, author=alice).receipt
    editing.remove_line(said, 2, author=alice)

    for seq, forged in ((2, receipt), (1, f"{receipt[:-3]}abc"), (1, "")):
        with pytest.raises(ValueError):
            editing.put_back(said, seq, forged, author=alice)

    assert [line(said, seq).text for seq in (1, 2)] == ["", ""]


def test_a_receipt_counts_once(said, alice):
    receipt = editing.remove_line(said, 1, author=alice).receipt
    editing.put_back(said, 1, receipt, author=alice)
    editing.correct_words(said, 1, "hello there", author=alice)

    with pytest.raises(ValueError):
        editing.put_back(said, 1, receipt, author=alice)


def test_a_removal_is_for_good_after_ten_minutes(said, alice):
    with time_machine.travel(0, tick=False) as clock:
        receipt = editing.remove_line(said, 1, author=alice).receipt
        clock.shift(601)

        with pytest.raises(ValueError):
            editing.put_back(said, 1, receipt, author=alice)


def test_of_a_removed_line_the_database_holds_nothing_to_guess_from(said, alice):
    before = line(said, 2)
    Event.objects.filter(pk=before.pk).update(text="helo there")
    for seq in (1, 2):
        editing.remove_line(said, seq, author=alice)

    first, second = (line(said, seq) for seq in (1, 2))

    assert first.payload.keys() == second.payload.keys() == {"utterance_id", "removed"}
    assert set(Revision.objects.values_list("before", "after")) == {("", "")}


def test_somebody_else_is_a_voice_that_no_listener_will_name(said, alice):
    editing.give_to_speaker(said, 1, editing.SOMEBODY_ELSE, author=alice)
    editing.give_to_speaker(said, 2, editing.SOMEBODY_ELSE, author=alice)

    assert [line(said, seq).speaker for seq in (1, 2)] == ["Speaker Z", "Speaker Y"]
    editing.name_speaker(said, "Speaker Z", "Ann", author=alice)


def test_a_bookmark_becomes_a_note_by_its_words(said, alice):
    editing.add_note(said, author=alice, at_ms=500)

    editing.change_note(said, Note.objects.get().pk, "ask about the fee", author=alice)

    assert Note.objects.get().text == "ask about the fee"


def test_a_note_is_not_emptied(said, alice):
    editing.add_note(said, author=alice, at_ms=500, text="ask about the fee")

    with pytest.raises(ValueError):
        editing.change_note(said, Note.objects.get().pk, "", author=alice)


def test_nobody_puts_words_into_a_viewers_mouth(said, alice):
    editing.add_note(said, author=None, at_ms=500, text="that was a joke", author_name="Ben")

    with pytest.raises(ValueError):
        editing.change_note(said, Note.objects.get().pk, "that was no joke", author=alice)


def test_a_name_stands_for_a_voice_and_all_that_are_merged_into_it(said, alice):
    editing.name_speaker(said, "Speaker A", "Dr. Okafor", author=alice)
    editing.merge_speakers(said, "Speaker B", "Speaker A", author=alice)

    assert revisions.names_of(said.pk) == {"Speaker A": "Dr. Okafor", "Speaker B": "Dr. Okafor"}


def test_voices_cannot_be_merged_in_a_circle(said, alice):
    editing.merge_speakers(said, "Speaker B", "Speaker A", author=alice)

    with pytest.raises(ValueError):
        editing.merge_speakers(said, "Speaker A", "Speaker B", author=alice)


def test_a_line_of_another_session_is_not_there(said, alice, bob):
    other = VoiceSession.objects.create(owner=bob)

    with pytest.raises(editing.NotThere):
        editing.correct_words(other, 1, "mine now", author=bob)


def test_what_changed_meanwhile_is_read_at_once(said, alice):
    editing.rename(said, "The bank again", author=alice)
    editing.add_note(said, author=alice, at_ms=1200, text="ask about the fee")
    editing.name_speaker(said, "Speaker A", "Ann", author=alice)

    missed = revisions.read_after(said.pk, 1)

    assert (missed.first, missed.last) == (2, 3)
    assert "Ann" in "".join(missed.frames)
    assert "fee" in "".join(missed.private_frames)
    assert "fee" not in "".join(missed.frames)


@pytest.fixture
def held(voice_session):
    return lease.claim(voice_session.pk, take_over=False)


def heard(held, commit_no, heard_s, *events):
    """Store what was heard up to `heard_s`."""
    [stored] = recording.store([batch_of(held, commit_no, events=events, heard=heard_s * 16_000, settled=0)])
    return stored


def test_nothing_said_off_the_record_is_stored(voice_session, held, alice):
    heard(held, 1, 1, words("before", start_ms=0, end_ms=900))
    off_record.begin(voice_session.pk, author=alice)

    stored = heard(held, 2, 2, words("my pin is", start_ms=800, end_ms=1500))

    assert [event.text for event in stored.off_record] == ["my pin is"]
    assert [event.text for event in Event.objects.filter(kind=Kind.TRANSCRIPT)] == ["before"]


def test_back_on_the_record_one_gap_marks_the_stretch(voice_session, held, alice):
    heard(held, 1, 1)
    off_record.begin(voice_session.pk, author=alice)

    off_record.finish(voice_session.pk, at_ms=5000, author=alice)
    stored = heard(held, 2, 6, words("a secret", start_ms=4500, end_ms=5500), words("open", start_ms=5200, end_ms=6000))

    gap = Event.objects.get(kind=Kind.GAP)
    assert (gap.label, gap.start_ms, gap.end_ms) == ("off_record", 1000, 5000)
    assert [event.text for event in stored.events] == ["open"]


def test_what_waits_to_be_heard_stays_off_the_record_when_nobody_knows_the_clock(voice_session, held, alice):
    heard(held, 1, 1)
    off_record.begin(voice_session.pk, author=alice)

    off_record.finish(voice_session.pk, author=alice)

    assert heard(held, 2, 12, words("a secret that waited", start_ms=10_000, end_ms=12_000)).events == ()
    assert [event.text for event in heard(held, 3, 18, words("open", start_ms=17_000, end_ms=18_000)).events] == [
        "open"
    ]


def test_the_end_of_a_session_ends_what_is_off_the_record(voice_session, alice):
    off_record.begin(voice_session.pk, author=alice)

    lifecycle.end(voice_session, EndReason.USER)

    assert not voice_session.is_off_record
    assert Event.objects.filter(kind=Kind.GAP, label="off_record").exists()


def test_what_waited_at_the_end_was_said_off_the_record_too(voice_session, held, alice):
    heard(held, 1, 1)
    off_record.begin(voice_session.pk, author=alice)
    lifecycle.end(voice_session, EndReason.USER)

    stored = heard(held, 2, 10, words("my pin is", start_ms=9000, end_ms=9900))

    assert [event.text for event in stored.off_record] == ["my pin is"]
    assert not Event.objects.filter(kind=Kind.TRANSCRIPT).exists()


def test_an_ended_session_does_not_go_off_the_record(voice_session, alice):
    lifecycle.end(voice_session, EndReason.USER)

    assert off_record.begin(voice_session.pk, author=alice) is None
    assert not VoiceSession.objects.get().is_off_record


def test_reopened_after_an_end_off_the_record_it_stores_again(voice_session, held, alice):
    off_record.begin(voice_session.pk, author=alice)
    lifecycle.end(voice_session, EndReason.USER)

    lifecycle.reopen(voice_session)
    stored = heard(lease.claim(voice_session.pk, take_over=True), 1, 4, words("hello", start_ms=3000, end_ms=4000))

    assert [event.text for event in stored.events] == ["hello"]


def test_sound_that_was_missed_is_told_off_the_record_too(voice_session, held, alice):
    off_record.begin(voice_session.pk, author=alice)
    gap = SessionEvent(kind=Kind.GAP, start_ms=10, end_ms=900, label="service")

    assert heard(held, 1, 1, gap).events == (gap,)


def test_a_batch_off_the_record_that_comes_twice_is_stored_once(voice_session, held, alice):
    off_record.begin(voice_session.pk, author=alice)
    gap = SessionEvent(kind=Kind.GAP, start_ms=10, end_ms=900, label="service")
    heard(held, 1, 1, gap)

    assert heard(held, 1, 1, gap).events == ()
    assert voice_session.events.filter(label="service").count() == 1
