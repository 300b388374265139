from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.audio.pcm import OddPcmLength
from sessions_app.audio.window import Windower

SOUND = bytes(index % 251 for index in range(100_000))


def windows_of(chunks, *, start_sample=0, window_ms=500):
    windower = Windower(window_ms=window_ms, start_sample=start_sample)
    windows = [window for chunk in chunks for window in windower.push(chunk)]
    tail = windower.flush()
    return windows + ([tail] if tail else [])


@given(st.lists(st.integers(1, 20_000), max_size=30))
def test_any_chunking_of_the_same_bytes_gives_the_same_windows(sizes):
    cuts = sorted({min(2 * sum(sizes[:index]), len(SOUND)) for index in range(len(sizes) + 1)} | {0, len(SOUND)})
    chunks = [SOUND[start:end] for start, end in itertools.pairwise(cuts)]

    assert windows_of(chunks) == windows_of([SOUND])


def test_windows_follow_one_another_without_a_sample_lost():
    windows = windows_of([SOUND], start_sample=777)

    assert b"".join(window.pcm16 for window in windows) == SOUND
    assert windows[0].start_sample == 777
    assert all(one.end_sample == two.start_sample for one, two in itertools.pairwise(windows))


def test_only_the_tail_is_shorter():
    assert {window.samples for window in windows_of([SOUND])[:-1]} == {8000}


def test_half_a_sample_is_refused_and_nothing_is_taken():
    windower = Windower(window_ms=500)

    with pytest.raises(OddPcmLength):
        windower.push(b"odd")

    assert windower.next_sample == 0


def test_skipping_cuts_the_tail_off_and_moves_the_clock():
    windower = Windower(window_ms=1000)
    list(windower.push(bytes(200)))

    tail = windower.skip(500)

    assert (tail.start_sample, tail.samples) == (0, 100)
    assert windower.next_sample == 600
    assert windower.flush() is None
