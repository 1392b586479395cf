"""What a model is told that plays a customer: everything the customer knows, and no more."""

from itertools import combinations
from typing import get_args

import pytest
from msgspec.structs import replace

from cove_rl.tasks.task import Mood, Openness, Persona, Task, Verbosity
from cove_rl.users.model import instructions
from cove_rl.users.story import story_of
from cove_rl.world.hint import Hint

from .stage import GRAMMAR, tasks, with_request, world


def told(task: Task) -> str:
    """Return the part of the instructions that is the task's own."""
    return instructions(task).partition("\nYour notes\n")[2]


def test_the_same_task_is_told_the_same() -> None:
    assert [instructions(task) for task in tasks()] == [instructions(task) for task in tasks()]


def test_what_all_tasks_share_comes_first() -> None:
    for one, other in combinations([instructions(task) for task in tasks()[:12]], 2):
        rules = one.partition("\nYour notes\n")[0]
        assert len(rules) > 1500
        assert other.startswith(rules)


def test_every_hint_is_there_and_can_be_understood() -> None:
    for task in tasks():
        story = story_of(task)
        for request, wish in zip(task.requests, story.wishes, strict=True):
            (heard, *more) = GRAMMAR.hear(wish.opening)
            assert heard.act == request.act
            assert not more
            said = set(heard.hints)
            details = {hint.slot: hint for hint in request.hints if hint.slot not in said}
            assert len(details) == len(wish.details)
            for (slot, hint), detail in zip(details.items(), wish.details, strict=True):
                read = GRAMMAR.read(slot, detail)
                assert read is not None
                assert read.form == hint.form
            assert all(detail in told(task) for detail in wish.details)
        assert all(identity in told(task) for identity in story.identity)


def _exact(hint: Hint) -> bool:
    inner = [one for value in hint.values.values() if isinstance(value, tuple) for one in value]
    return hint.exact or any(map(_exact, inner))


def test_no_id_is_told_that_the_task_does_not_give_away() -> None:
    ids = {str(key) for rows in world().tables.values() for key in rows}
    for task in tasks():
        if not any(_exact(hint) for request in task.requests for hint in request.hints):
            assert [key for key in ids if key in told(task)] == []


def test_some_tasks_give_an_id_away_and_it_is_told() -> None:
    found = with_request(lambda request: any(hint.exact for hint in request.hints))
    assert found
    for task in found:
        (hint, *_) = [hint for hint in task.requests[0].hints if hint.exact]
        assert all(str(value) in told(task) for value in hint.values.values() if isinstance(value, str))


@pytest.mark.parametrize(("trait", "values"), [("mood", Mood), ("verbosity", Verbosity), ("openness", Openness)])
def test_every_trait_of_a_persona_is_put_in_words(trait: str, values: object) -> None:
    task = tasks()[0]
    texts = {told(replace(task, persona=replace(Persona(), **{trait: value}))) for value in get_args(values)}
    assert len(texts) == len(get_args(values))


def test_requests_are_told_in_their_order() -> None:
    for task in tasks():
        openings = [f"{number}. {wish.opening}" for number, wish in enumerate(story_of(task).wishes, start=1)]
        places = [told(task).index(opening) for opening in openings]
        assert places == sorted(places)
