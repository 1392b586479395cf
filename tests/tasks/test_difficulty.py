"""The knob turns what it says it turns, leaves everything else alone, and leaves every task solvable."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from statistics import fmean
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.retail.identified import identified
from cove_rl.errors import InputError
from cove_rl.speech.speech import speech_of
from cove_rl.synth.tasks import Sampled, Solved, sample_task
from cove_rl.tasks.difficulty import LEVELS, Difficulty, Mix, difficulty_of, read_difficulty
from cove_rl.tasks.sampler import draw_task
from cove_rl.tasks.task import PLAIN, Task, Traits, decode_task, encode_task
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Hint

from .shelf import DOMAIN, tasks, world

GRAMMAR = speech_of("retail").grammar
SHARES = st.floats(0, 1)


def drawn(difficulty: Difficulty, count: int = 150) -> list[Task]:
    found = (draw_task(DOMAIN, world(), 0, index, 0, difficulty) for index in range(count))
    return [task for task in found if task is not None]


@cache
def solved(level: str, count: int = 60) -> Sequence[Sampled]:
    async def draw() -> list[Sampled]:
        return [await sample_task(DOMAIN, world(), 0, index, difficulty_of(level)) for index in range(count)]

    with ThreadPoolExecutor(1) as thread:  # the caller may be a test that runs in a loop of its own
        return thread.submit(asyncio.run, draw()).result()


@pytest.mark.parametrize("level", LEVELS)
def test_every_task_of_every_level_is_solved(level: str) -> None:
    for one in solved(level):
        assert one.solved.verdict.score == 1.0
        assert one.solved.trajectory.outcome.culprit is None
    assert sum(one.rejected for one in solved(level)) <= 6


def test_normal_tasks_are_those_of_a_mix_alone_byte_for_byte() -> None:
    assert [encode_task(one.solved.task) for one in solved("normal")] == [encode_task(task) for task in tasks()[:60]]
    assert LEVELS["normal"] == Difficulty() == Difficulty(Mix().weights)


def test_levels_are_in_their_order() -> None:
    def mean(level: str, number: Callable[[Solved], float]) -> float:
        return fmean(number(one.solved) for one in solved(level))

    def turns(one: Solved) -> int:
        return sum(message.role == "user" for message in one.trajectory.messages)

    def exact(one: Solved) -> float:
        hints = [hint for request in one.task.requests for hint in request.hints]
        return fmean(hint.exact for hint in hints)

    assert mean("easy", turns) < mean("normal", turns) < mean("hard", turns)
    requests = [mean(level, lambda one: len(one.task.requests)) for level in ("easy", "normal", "hard")]
    assert requests == sorted(set(requests))
    assert mean("easy", exact) > 0.1 > mean("hard", exact)
    assert {one.solved.task.persona.openness for one in solved("easy")} == {"open"}
    assert {one.solved.task.persona.openness for one in solved("hard")} == {"reserved", "normal"}
    assert all(one.solved.task.persona.known_traits == PLAIN for one in [*solved("easy"), *solved("normal")])


FIELDS: dict[str, Any] = {
    "impatient": lambda traits: traits.patience > 0,
    "typos": lambda traits: traits.typos > 0,
    "digressions": lambda traits: traits.digressions > 0,
    "together": lambda traits: traits.together > 1,
    "slips": lambda traits: traits.slips > 0,
}


@pytest.mark.parametrize(("field", "has"), FIELDS.items())
def test_each_field_gives_that_trait_and_nothing_else(field: str, has: Any) -> None:
    usual, changed = drawn(Difficulty()), drawn(difficulty_of("normal", {field: 1.0}))
    for task, other in zip(usual, changed, strict=True):
        traits = other.persona.known_traits
        assert has(traits)
        assert [name for name, found in FIELDS.items() if found(traits)] == [field]
        assert (other.requests, other.identity, other.persona.mood) == (task.requests, task.identity, task.persona.mood)
        assert decode_task(encode_task(other)) == other


@given(share=st.sampled_from([0.2, 0.5, 0.8]), field=st.sampled_from(["impatient", "typos", "digressions", "together"]))
@settings(max_examples=8)
def test_shares_are_shares_of_customers(share: float, field: str) -> None:
    found = drawn(difficulty_of("normal", {field: share}))
    having = sum(task.persona.known_traits != PLAIN for task in found)
    assert abs(having / len(found) - share) < 0.15


@given(st.tuples(SHARES, SHARES, SHARES).filter(lambda weights: sum(weights) > 0.01))
@settings(max_examples=20)
def test_openness_follows_its_weights(weights: tuple[float, float, float]) -> None:
    found = [task.persona.openness for task in drawn(Difficulty(openness=weights), 40)]
    if len(set(weights)) > 1:
        assert set(found) <= {
            name for name, weight in zip(("reserved", "normal", "open"), weights, strict=True) if weight
        }


def test_exact_requests_name_all_they_can_by_id() -> None:
    for task, other in zip(drawn(Difficulty()), drawn(Difficulty(exact=1.0)), strict=True):
        assert task.constraints == other.constraints
        for described, named in zip(task.requests, other.requests, strict=True):
            assert [hint.slot for hint in described.hints] == [hint.slot for hint in named.hints]
            for before, after in zip(described.hints, named.hints, strict=True):
                nameless = after.slot in ("reason", "address") or named.constraint.kind == "refuse_status"
                assert after.exact or (nameless and after == before)
                assert after.check == before.check
                assert all(one in ids(named.constraint) for one in exact_ids(after))


def ids(constraint: Any) -> str:
    return str(msgspec.to_builtins(constraint))


def exact_ids(hint: Hint) -> list[str]:
    inside = [part for value in hint.values.values() if isinstance(value, tuple) for part in value]
    own = [str(hint.values["id"])] if hint.form == "exact" else []
    return own + [one for part in inside for one in exact_ids(part)]


def test_exact_requests_are_solved() -> None:
    async def draw() -> list[Sampled]:
        return [await sample_task(DOMAIN, world(), 3, index, Difficulty(exact=1.0)) for index in range(40)]

    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, draw()).result()
    assert sum(one.rejected for one in found) <= 2
    kinds = {constraint.kind for one in found for constraint in one.solved.task.constraints}
    assert {"modify_items", "return_items", "change_payment", "cancel_order"} <= kinds


def test_an_element_without_an_id_stays_described() -> None:
    (task, *_) = [task for task in tasks() if any(hint.slot == "address" for r in task.requests for hint in r.hints)]
    for request in task.requests:
        for hint in request.hints:
            if hint.slot in ("address", "reason"):
                assert identified(request.constraint, hint) is hint


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ("extreme", "there are easy, normal, hard"),
        ({"level": "extreme"}, "extreme"),
        ({"colour": 1}, "colour"),
        ({"typos": -0.1}, "typos"),
        ({"typos": "many"}, "typos"),
        ({"requests": [0.0]}, "weights"),
        ({"openness": [1.0]}, "openness"),
        ({"openness": [0.0, 0.0, 0.0]}, "open customers"),
        (None, "level"),
        (["hard"], "level"),
    ],
)
def test_what_is_no_difficulty_is_one_error(plain: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_difficulty(plain)


def test_a_difficulty_is_read_from_a_level_and_changes() -> None:
    assert read_difficulty("hard") == LEVELS["hard"]
    assert read_difficulty({"level": "hard", "typos": 0}) == msgspec.structs.replace(LEVELS["hard"], typos=0.0)
    assert read_difficulty({"slips": 0.5}) == Difficulty(slips=0.5)


def test_traits_are_what_a_file_may_hold() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"colour": 1}, Traits)


def test_exact_requests_of_travellers_are_solved() -> None:
    airline = get_domain("airline")
    abroad = airline.world(3)

    async def draw() -> list[Sampled]:
        return [await sample_task(airline, abroad, 3, index, Difficulty(exact=1.0)) for index in range(30)]

    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, draw()).result()
    told = [hint for one in found for request in one.solved.task.requests for hint in request.hints]
    assert {hint.form for hint in told if hint.slot == "reservation" and hint.exact} == {"exact"}
    named = [request for one in found for request in one.solved.task.requests if request.act == "change_flights"]
    assert named
    assert all(hint.exact for request in named for hint in request.hints if hint.slot == "reservation")
    assert sum(one.rejected for one in found) <= 1
