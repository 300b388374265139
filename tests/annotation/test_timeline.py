"""The picture of a session: bounded, and true to what stands out."""

from __future__ import annotations

import pytest

from sessions_app.annotation.timeline import MAX_MARKS, Look, Target, TimelineMaker


@pytest.mark.parametrize(("lines", "seconds"), [(3, 3), (200, 4), (5000, 3.6), (30_000, 0.6)])
def test_five_hours_are_no_more_marks_than_can_be_seen(lines, seconds):
    maker = TimelineMaker(int(lines * seconds * 1000))
    for number in range(lines):
        start_ms = int(number * seconds * 1000)
        look = Look("speech", ("warm", "frustrated", "neutral")[number // 7 % 3], "clear")
        maker.speak(f"Voice {number % 12}", look, Target(f"line-{number}", number), start_ms, start_ms + 500)

    timeline = maker.timeline()
    marks = timeline.marks

    assert min(lines, 60) <= len(marks) <= MAX_MARKS
    assert len(timeline.lanes) <= 9
    assert all(0 <= float(mark.x[:-1]) <= 100 for _, mark in marks)
    assert 3 <= len(timeline.ticks) <= 9


def test_what_stands_out_is_not_lost_in_what_does_not():
    maker = TimelineMaker(5 * 3600 * 1000)
    for at_s in range(0, 5 * 3600, 2):
        maker.speak("Ann", Look("speech", "neutral", "clear"), Target(f"line-{at_s}"), at_s * 1000, at_s * 1000 + 1500)
        maker.speak("Ben", Look("speech", "neutral", "clear"), Target(f"line-{at_s}"), at_s * 1000, at_s * 1000 + 1500)
    maker.speak("Ann", Look("speech", "urgent", "clear"), Target("line-x"), 9_000_000, 9_020_000)

    assert "line-x" in {mark.target.anchor for _, mark in maker.timeline().marks}


def test_a_short_session_has_a_mark_for_each_line():
    maker = TimelineMaker(10_000)
    for number in range(4):
        maker.speak(
            "Ann", Look("speech", "warm", "clear"), Target(f"line-{number}"), number * 2500, number * 2500 + 2500
        )

    assert [(mark.target.anchor, mark.start, mark.x) for _, mark in maker.timeline().marks] == [
        ("line-0", "0:00", "0.00%"),
        ("line-1", "0:02", "25.00%"),
        ("line-2", "0:05", "50.00%"),
        ("line-3", "0:07", "75.00%"),
    ]


def test_nothing_at_all_is_an_empty_picture():
    assert TimelineMaker(0).timeline().lanes == []


def test_times_beyond_the_end_do_not_leave_the_picture():
    maker = TimelineMaker(1000)
    maker.speak("Ann", Look("speech"), Target("line-1"), 5000, 9000)

    [(_, mark)] = maker.timeline().marks

    assert float(mark.x[:-1]) <= 100
