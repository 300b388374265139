from __future__ import annotations

import pytest

from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.annotation.pickup import PickupWatch


def said(kind, label, second):
    return SessionEvent(kind=kind, label=label, start_ms=second * 1000, end_ms=(second + 1) * 1000)


def line(label, second):
    return said(Kind.QUEUE, label, second)


def speaker(label, second):
    return said(Kind.SPEAKER, label, second)


def alerts(*events):
    watch = PickupWatch()
    return [at_ms for event in events if (at_ms := watch.see([event])) is not None]


@pytest.mark.parametrize("waiting", ["hold_music", "ringback"])
def test_a_person_after_waiting_is_an_alert_once(waiting):
    assert alerts(line(waiting, 1), speaker("human_single", 40), speaker("human_multi", 45)) == [41_000]


def test_the_music_may_end_a_moment_before_the_first_word():
    assert alerts(line("hold_music", 1), line("none", 30), speaker("human_single", 33)) == [34_000]


def test_somebody_long_after_the_music_did_not_just_pick_up():
    assert alerts(line("hold_music", 1), line("silence", 30), speaker("human_single", 90)) == []


def test_a_recorded_voice_and_a_busy_line_are_no_person():
    assert alerts(line("ringback", 1), speaker("ivr_synth", 9), line("busy", 12), speaker("no_speaker", 14)) == []


def test_a_conversation_without_waiting_alerts_nobody():
    assert alerts(speaker("human_single", 1), speaker("human_multi", 5)) == []


def test_a_second_wait_may_end_in_a_second_alert():
    first = [line("ringback", 1), speaker("human_single", 9)]
    second = [line("hold_music", 60), speaker("human_single", 99)]

    assert len(alerts(*first, *second)) == 2
