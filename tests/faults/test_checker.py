"""A checker that finds nothing must be one that can find something."""

from __future__ import annotations

from types import SimpleNamespace

from tests.faults.checker import Row, account, unseen
from tests.faults.frames import frame, heard_in


def line(seq, *frames):
    return Row(seq, "transcript", 0, 0, " ".join(map(str, frames)), "")


def seen(*numbers):
    return SimpleNamespace(events=[{"seq": number} for number in numbers])


def test_sound_tells_its_number():
    assert heard_in(frame(7) + frame(8)) == [7, 8]


def test_a_frame_in_no_line_is_lost():
    assert account([line(1, 0, 1, 3)], 4).lost == [2]


def test_a_frame_in_two_lines_is_duplicated():
    assert account([line(1, 0, 1), line(2, 1, 2)], 3).duplicated == [1]


def test_a_frame_in_a_gap_is_missed_and_not_lost():
    result = account([line(1, 0), Row(2, "gap", 100, 200, "", "service")], 2)

    assert (result.missed, result.lost) == ([1], [])


def test_a_gap_that_covers_half_a_frame_does_not_excuse_it():
    assert account([line(1, 0), Row(2, "gap", 100, 150, "", "service")], 2).lost == [1]


def test_an_event_that_a_viewer_did_not_get_is_missing():
    assert unseen(seen(1, 3), [line(1), line(2), line(3)]) == ([2], [])


def test_an_event_that_came_twice_is_wrong():
    assert unseen(seen(1, 2, 2), [line(1), line(2)]) == ([], [2])


def test_events_out_of_order_are_wrong():
    assert unseen(seen(2, 1), [line(1), line(2)]) == ([], [2, 1])
