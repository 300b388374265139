"""Finding sessions: what is found, by whom, and that what was taken away is found no more."""

from __future__ import annotations

from itertools import islice, permutations

import pytest
from django.core.management import call_command
from django.db import DataError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app import editing, lease, lifecycle, recording, search, search_index
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import EndReason, SearchDocument, VoiceSession
from sessions_app.search import Wanted
from sessions_app.words.documents import MAX_PART_WORDS
from tests.conftest import person
from tests.test_recording import batch_of, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits_at_once")]


def tone(affect, band="maybe", *, start_ms=0, end_ms=1000):
    return SessionEvent(
        kind=Kind.TONE, start_ms=start_ms, end_ms=end_ms, label=affect, payload={"affect": affect, "band": band}
    )


def call(owner, *lines, title="", is_ended=True):
    """A session in which `lines` were said; once it has ended, the reaper comes by."""
    voice_session = lifecycle.create(owner, title=title)
    said = [line if isinstance(line, SessionEvent) else words(line) for line in lines]
    recording.append(voice_session.pk, said)
    if is_ended:
        lifecycle.end(voice_session, EndReason.USER)
        search.index_waiting()
        voice_session.refresh_from_db()
    return voice_session


def batched(items, size):
    return [items[first : first + size] for first in range(0, len(items), size)]


def found(user, question="", **wanted):
    mine = VoiceSession.objects.visible_to(user)
    sessions = search.find(mine, user.pk, Wanted(question=question, **wanted)).sessions
    return {voice_session.title for voice_session in sessions}


@pytest.fixture(params=["ended", "running"])
def calls(request, alice):
    """Alice's calls: found in the index when they have ended, looked through while they run."""
    is_ended = request.param == "ended"
    call(alice, "the bank said no", "my mortgage is late, don't worry", title="Bank", is_ended=is_ended)
    call(alice, "said the dentist", "the bank is closed", "no", title="Dentist", is_ended=is_ended)
    call(alice, "Ein Gespräch über CAFÉS", "東京は大きい", "Привет, мир", title="Zürich", is_ended=is_ended)
    assert SearchDocument.objects.exists() == is_ended
    return alice


class TestWords:
    @pytest.mark.parametrize(
        ("question", "titles"),
        [
            ("bank", {"Bank", "Dentist"}),
            ("BANK mortgage", {"Bank"}),
            ("bank said no", {"Bank", "Dentist"}),
            ("mortg", {"Bank"}),
            ("mortg bank", set()),
            ("mo", set()),
            ("don't", {"Bank"}),
            ("dent", {"Dentist"}),
            ("zurich", {"Zürich"}),
            ("gesprach uber cafés", {"Zürich"}),
            ("東京", {"Zürich"}),
            ("京東", set()),
            ("大きい", {"Zürich"}),
            ("МИР", {"Zürich"}),
            ("nothing", set()),
            ("", {"Bank", "Dentist", "Zürich"}),
        ],
    )
    def test_all_words_must_be_there_and_the_last_may_go_on(self, calls, question, titles):
        assert found(calls, question) == titles

    @pytest.mark.parametrize(
        ("question", "titles"),
        [
            ('"bank said"', {"Bank"}),
            ('"said bank"', set()),
            ("“the bank”", {"Bank", "Dentist"}),
            ('"the ban"', set()),
            ('"the bank" dentist', {"Dentist"}),
            ('"said no my mortgage"', set()),
            ('"bank said', {"Bank"}),
            ('"said no"', {"Bank"}),
            ('"no the"', set()),
            ('"the bank is"', {"Dentist"}),
            ('"is the bank"', set()),
            ("don't-wor", {"Bank"}),
        ],
    )
    def test_a_phrase_stands_in_one_line_as_it_is(self, calls, question, titles):
        assert found(calls, question) == titles

    def test_short_words_that_meet_only_in_pairs_are_no_phrase(self, alice):
        call(alice, "that was with you", "with on top", title="Pairs")
        call(alice, "it was with on and off", title="Phrase")

        assert found(alice, '"was with on"') == {"Phrase"}
        assert found(alice, '"was with"') == {"Pairs", "Phrase"}

    @pytest.mark.parametrize(
        "question",
        ['"', '""', "'", "\0", "bank\0", 'a"b*', "NEAR(bank, 2)", "bank AND", "* ^ - : ( )", "words:bank", "';--", "\\",
         "😀", "x" * 10_000, "é " * 5_000, "\ud800", "§o1", "¶", "' | '", "!bank", "bank:*", "%s", "{}"],
    )  # fmt: skip
    def test_nothing_that_is_typed_is_an_error(self, calls, question):
        assert found(calls, question) <= {"Bank", "Dentist", "Zürich"}
        assert found(calls, speaker=question) <= {"Bank", "Dentist", "Zürich"}

    def test_where_no_word_is_typed_nothing_is_found(self, calls):
        assert found(calls, "😀 !?") == set()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(min_size=1, max_size=30))
    def test_what_was_said_is_found_by_saying_it(self, alice, text):
        voice_session = call(alice, text.replace("\0", ""), title="Said")

        question = '"' + text.replace("\0", "") + '"'

        if Wanted(question=question).words:
            assert "Said" in found(alice, question)
        voice_session.delete()

    def test_a_word_that_is_said_all_the_time_keeps_its_places(self, alice):
        call(alice, *["the and the"] * 300, "the bank", title="Long")

        assert SearchDocument.objects.count() > 1
        assert found(alice, '"the bank"') == found(alice, "bank the and") == {"Long"}
        assert found(alice, '"bank the"') == set()


class TestWhatElse:
    @pytest.mark.parametrize("is_ended", [True, False])
    def test_notes_and_names_are_found(self, alice, is_ended):
        voice_session = call(alice, words("hello", speaker="Speaker B"), title="One", is_ended=is_ended)
        editing.name_speaker(voice_session, "Speaker B", "Dr. Okafor", author=alice)
        editing.add_note(voice_session, author=alice, at_ms=10, text="ask about parking")

        assert found(alice, "okafor") == found(alice, "parking") == {"One"}
        assert found(alice, speaker="dr oka") == {"One"}
        assert found(alice, speaker="parking") == found(alice, speaker="speaker b") == set()

    @pytest.mark.parametrize("is_ended", [True, False])
    def test_a_tone_counts_when_it_is_more_than_unclear(self, alice, is_ended):
        call(alice, tone("warm"), tone("urgent", "unclear"), title="Tones", is_ended=is_ended)

        assert found(alice, affect="warm") == {"Tones"}
        assert found(alice, affect="urgent") == set()

    def test_a_correction_is_found_and_what_it_replaced_is_not(self, alice):
        voice_session = call(alice, "the blank said no", title="Bank")

        editing.correct_words(voice_session, 1, "the bank said no", author=alice)
        editing.rename(voice_session, "The bench", author=alice)

        assert found(alice, "bank") == found(alice, "bench") == {"The bench"}
        assert found(alice, "blank") == set()

    def test_words_that_come_after_the_end_are_found(self, alice):
        voice_session = call(alice, is_ended=False, title="Late")
        held = lease.claim(voice_session.pk, take_over=False)
        lifecycle.end(voice_session, EndReason.IDLE)
        recording.store([batch_of(held, events=[words("goodbye then")])])

        assert found(alice, "goodbye") == {"Late"}
        call_command("reap_idle_sessions")
        assert found(alice, "goodbye") == {"Late"}
        assert VoiceSession.objects.get().is_indexed

    def test_a_session_that_goes_on_is_found_with_what_is_said_now(self, alice):
        voice_session = call(alice, "first words", title="Again")

        lifecycle.reopen(voice_session)
        recording.append(voice_session.pk, [words("second words")])

        assert found(alice, "first") == found(alice, "second") == {"Again"}

    def test_the_summary_says_who_spoke_and_how_it_sounded(self, alice):
        voice_session = call(
            alice, words("hi", speaker="Speaker B"), tone("warm"), tone("frustrated", start_ms=1000, end_ms=2000)
        )

        assert voice_session.summary == {"speakers": ["Speaker B"], "strip": "w" * 24 + "f" * 24}


class TestOthers:
    def test_nobody_finds_what_is_another_persons(self, calls, bob):
        call(bob, "the bank of bob", title="Bob's")

        assert found(bob, "bank") == {"Bob's"}
        assert "Bob's" not in found(calls, "bank")

    def test_the_index_itself_parts_people(self, calls, bob):
        [term] = Wanted(question="bank").words

        assert not VoiceSession.objects.filter(pk__in=search_index.sessions_with(f"§o{bob.pk}", term)).exists()

    @pytest.mark.parametrize("question", ["§o{}", "o{}", '"§o{}"'])
    def test_no_question_asks_for_another_owner(self, alice, question):
        bob = person("bob")
        call(bob, "the bank", title="Bob's")

        assert found(alice, question.format(bob.pk)) == set()


class TestForgetting:
    def canary(self):
        """Tell whether the word stands anywhere in the tables of the index, as the database keeps them."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT count(*) FROM sessions_app_searchdocument WHERE words LIKE '%xqcanary%'")
                return bool(cursor.fetchone()[0])
            for table, column in (("content", "c0"), ("data", "block")):
                name = f"sessions_app_searchtext_{table}"
                cursor.execute(f"SELECT count(*) FROM {name} WHERE instr({column}, CAST('xqcanary' AS BLOB))")
                if cursor.fetchone()[0]:
                    return True
        return False

    def test_a_removed_line_leaves_the_index_at_once(self, alice):
        voice_session = call(alice, "yellow xqcanary", "blue tit", title="Birds")
        assert self.canary()

        editing.remove_line(voice_session, 1, author=alice)

        assert not self.canary()
        assert found(alice, "xqcanary") == set()
        assert found(alice, "tit") == {"Birds"}

    def test_a_deleted_session_leaves_the_index_and_comes_back_into_it(self, alice):
        voice_session = call(alice, "yellow xqcanary", title="Birds")

        lifecycle.delete(voice_session)
        assert not self.canary()
        assert found(alice, "xqcanary") == set()

        lifecycle.undelete(voice_session)
        assert found(alice, "xqcanary") == {"Birds"}
        search.index_waiting()
        assert self.canary()

    @pytest.mark.parametrize("way", ["row", "query", "owner", "forget"])
    def test_however_a_session_goes_its_words_go_along(self, alice, way):
        voice_session = call(alice, "yellow xqcanary")
        call(person("bob"), "something else")

        if way == "row":
            voice_session.delete()
        elif way == "query":
            VoiceSession.objects.filter(pk=voice_session.pk).delete()
        elif way == "owner":
            alice.delete()
        else:
            search.forget([voice_session.pk])
        search_index.scrub()

        assert not self.canary()

    def test_what_is_to_be_forgotten_at_the_end_is_never_indexed(self, alice):
        voice_session = lifecycle.create(alice, forget_at_end=True)
        recording.append(voice_session.pk, [words("yellow xqcanary")])

        lifecycle.end(voice_session, EndReason.USER)
        call_command("reap_idle_sessions")

        assert not self.canary()


class TestKeepingTheIndex:
    def test_it_can_be_written_anew(self, alice, capsys):
        call(alice, "the bank", title="Bank")
        SearchDocument.objects.all().delete()
        assert found(alice, "bank") == set()

        call_command("rebuild_search")

        assert "1 session" in capsys.readouterr().out
        assert found(alice, "bank") == {"Bank"}

    def test_what_was_stored_before_there_was_an_index_is_found_and_then_indexed(self, alice):
        voice_session = call(alice, "the bank", title="Bank")
        search.outdate([voice_session.pk])
        assert found(alice, "bank") == {"Bank"}

        call_command("reap_idle_sessions")

        voice_session.refresh_from_db()
        assert voice_session.is_indexed
        assert found(alice, "bank") == {"Bank"}

    def test_a_change_while_it_is_indexed_wins(self, alice, monkeypatch):
        voice_session = call(alice, "the bank", title="Bank")
        search.outdate([voice_session.pk])
        parts_of = search.parts_of

        def change_meanwhile(*arguments):
            monkeypatch.setattr(search, "parts_of", parts_of)
            VoiceSession.objects.filter(pk=voice_session.pk).update(revision=1)
            return parts_of(*arguments)

        monkeypatch.setattr(search, "parts_of", change_meanwhile)

        assert search.index(voice_session.pk) is False
        assert not SearchDocument.objects.exists()

    def test_a_note_waits_for_no_index(self, alice):
        voice_session = call(alice, "the bank", title="Bank")

        editing.add_note(voice_session, author=alice, text="ask again")

        assert not SearchDocument.objects.exists()
        assert found(alice, "again") == {"Bank"}

    def test_a_session_that_cannot_be_indexed_stops_no_other(self, alice, monkeypatch, caplog):
        for title in ("Bank", "Dentist"):
            call(alice, "hello", title=title)
        search.outdate(VoiceSession.objects.values_list("pk", flat=True))
        parts_of = search.parts_of

        def fail_once(*arguments):
            monkeypatch.setattr(search, "parts_of", parts_of)
            raise DataError("string is too long for tsvector")

        monkeypatch.setattr(search, "parts_of", fail_once)

        assert search.index_waiting() == 1
        assert "cannot be indexed" in caplog.text

    def test_the_longest_words_of_all_scripts_fit_in(self, alice):
        voice_session = call(alice, "hello", is_ended=False)
        for number in range(60):
            long_words = (chr(0x1D400 + letter) * 60 + str(number) for letter in range(26))
            recording.append(voice_session.pk, [words("𐐷" * 58 + f"{number}x{word}") for word in long_words])
        lifecycle.end(voice_session, EndReason.USER)

        assert search.index_waiting() == 1

    def test_as_many_short_words_as_a_part_holds_fit_in(self, alice):
        letters = [chr(0x10428 + number) for number in range(36)]  # four bytes each, and they fold to nothing shorter
        said = ["".join(four) for four in islice(permutations(letters, 4), MAX_PART_WORDS - 100)]
        voice_session = call(alice, *map(" ".join, batched(said, 100)), is_ended=False)
        lifecycle.end(voice_session, EndReason.USER)

        assert search.index_waiting() == 1
        assert SearchDocument.objects.count() == 1

    def test_many_sessions_without_index_are_said_to_be_many(self, alice):
        for number in range(search.MAX_UNINDEXED + 1):
            call(alice, "the bank", title=str(number), is_ended=False)

        result = search.find(VoiceSession.objects.visible_to(alice), alice.pk, Wanted(question="bank"))

        assert result.is_catching_up
        assert result.sessions.count() == search.MAX_UNINDEXED
