from __future__ import annotations

from sessions_app.live.pacing import Allowance, Pacing


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def abused_after(seconds, *, samples_per_s, is_shedding):
    clock, shed = Clock(), 0
    pacing = Pacing(clock)
    for _ in range(seconds):
        clock.now_s += 1
        shed += 100 if is_shedding else 0
        if pacing.note(samples_per_s, shed_samples=shed):
            return clock.now_s
    return None


def test_flooding_for_ten_seconds_is_abuse():
    assert abused_after(30, samples_per_s=160_000, is_shedding=True) == 11


def test_a_file_that_is_kept_up_with_is_none():
    assert abused_after(30, samples_per_s=160_000, is_shedding=False) is None


def test_real_time_is_none_however_slow_the_service_is():
    assert abused_after(60, samples_per_s=16_000, is_shedding=True) is None


def test_forty_messages_at_once_and_ten_more_each_second():
    clock = Clock()
    allowance = Allowance(clock)

    assert sum(allowance.take() for _ in range(100)) == 40
    clock.now_s += 2
    assert sum(allowance.take() for _ in range(100)) == 20
