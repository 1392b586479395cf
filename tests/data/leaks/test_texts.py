"""Passages: those that repeat a text are found, however they are dressed; common speech and short turns are not."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.data.leaks.texts import COMMON, ENOUGH, EVERYWHERE, GAP, LONG, RUN, Text, TextIndex
from cove_rl.data.leaks.words import words_of

VOCABULARY = [
    f"{first}{last}" for first in ("ka", "lo", "mi", "nu", "re", "so") for last in ("b", "d", "g", "l", "m", "t")
]
THEIRS = " ".join(Random(1).sample(VOCABULARY, 30))
OURS = [f"x{number}" for number in range(200)]
passages = st.integers(0, 30).flatmap(lambda start: st.tuples(st.just(start), st.integers(start, 30)))


def index(*texts: Text) -> TextIndex:
    """Return an index of texts."""
    return TextIndex(texts)


TASK = index(Text("task", "tasks.json", "1", THEIRS))


@given(passages, st.integers(0, 20), st.integers(0, 20))
def test_a_passage_is_found_where_it_stands_if_it_is_long_enough(
    place: tuple[int, int], before: int, after: int
) -> None:
    copied = words_of(THEIRS)[slice(*place)]
    found = TASK.find([*OURS[:before], *copied, *OURS[20 : 20 + after]])
    expected = [(before, before + len(copied), len(copied))] if len(copied) >= ENOUGH["task"] else []
    assert [(one.start, one.end, one.shared) for one in found] == expected


@given(st.integers(0, RUN + 1))
def test_one_changed_word_in_seven_does_not_hide_a_text(first: int) -> None:
    words = [OURS[at] if at % 7 == first else word for at, word in enumerate(words_of(THEIRS))]
    (found,) = TASK.find(words)
    assert found.shared >= ENOUGH["task"]


def test_runs_far_apart_are_no_passage() -> None:
    words = words_of(THEIRS)
    near, far = ([*words[:6], *OURS[:gap], *words[10:16]] for gap in (GAP, GAP + 1))
    assert [one.shared for one in TASK.find(near)] == [12]
    assert TASK.find(far) == []


def test_a_turn_of_phrase_said_again_and_again_counts_once() -> None:
    turn = words_of(THEIRS)[: RUN + 1]
    assert TASK.find([*turn, OURS[0], *turn, OURS[1], *turn]) == []


def said(tasks: int, text: str = THEIRS) -> list[Text]:
    """Return a message recorded in conversations about that many tasks."""
    return [Text("recorded", "runs.jsonl", str(number), text) for number in range(tasks)]


SHORT = " ".join(words_of(THEIRS)[: LONG - 1])


@pytest.mark.parametrize(("tasks", "found"), [(1, [23]), (COMMON - 1, [23]), (COMMON, []), (EVERYWHERE, [])])
def test_what_is_said_about_many_tasks_is_common_speech(tasks: int, found: list[int]) -> None:
    assert [one.telling for one in index(*said(tasks, SHORT)).find(words_of(SHORT))] == found


@pytest.mark.parametrize(("tasks", "found"), [(1, [30]), (COMMON, [30]), (EVERYWHERE - 1, [30]), (EVERYWHERE, [])])
def test_common_speech_is_a_leak_if_there_is_much_of_it(tasks: int, found: list[int]) -> None:
    assert [one.shared for one in index(*said(tasks)).find(words_of(THEIRS))] == found


def test_many_trials_of_one_task_do_not_make_common_speech() -> None:
    trials = [Text("recorded", "runs.jsonl", "1", SHORT) for _ in range(EVERYWHERE)]
    assert [one.telling for one in index(*trials).find(words_of(SHORT))] == [23]


def test_a_policy_stays_one_even_if_everybody_recites_it() -> None:
    (found,) = index(Text("policy", "policy.md", "", SHORT), *said(EVERYWHERE)).find(words_of(SHORT))
    assert found.text.kind == "policy"


def test_of_two_texts_the_one_that_shares_more_is_named() -> None:
    half = Text("task", "half", "1", " ".join(words_of(THEIRS)[:15]))
    (found,) = index(half, Text("task", "whole", "2", THEIRS)).find(words_of(THEIRS))
    assert found.text.source == "whole"
