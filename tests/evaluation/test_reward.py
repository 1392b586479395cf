"""The benchmark's reward, rule by rule, on made-up conversations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.errors import InputError
from cove_rl.evaluation.official import RecordedCriteria
from cove_rl.evaluation.reward import Basis, Criteria, Ended, GoldAction, grade
from cove_rl.world.call import ToolCall

GOOD = Ended("user_stop", db_match=True, calls=(), texts=("All done.",))
ALL: tuple[Basis, ...] = ("DB", "COMMUNICATE", "ACTION", "NL_ASSERTION")


def _gold(name: str = "cancel", compare: tuple[str, ...] | None = None, **arguments: Any) -> GoldAction:
    return GoldAction(ToolCall("", name, arguments), compare)


def _call(name: str = "cancel", **arguments: Any) -> ToolCall:
    return ToolCall("1", name, arguments)


def _reward(criteria: Criteria | None, ended: Ended = GOOD) -> float | None:
    return grade(criteria, ended).reward


@pytest.mark.parametrize("termination", ["max_steps", "too_many_errors", "agent_error", "timeout", "not recorded"])
def test_a_conversation_nobody_ended_earns_nothing_whatever_happened(termination: str) -> None:
    found = grade(None, replace(GOOD, termination=termination))
    assert found.reward == 0.0
    assert termination in found.note


@pytest.mark.parametrize("termination", ["user_stop", "agent_stop"])
def test_a_task_without_criteria_earns_everything(termination: str) -> None:
    assert _reward(None, replace(GOOD, termination=termination, db_match=False)) == 1.0


def test_the_database_counts_if_the_basis_says_so() -> None:
    wrong = replace(GOOD, db_match=False)
    assert _reward(Criteria(("DB",), actions=()), wrong) == 0.0
    assert _reward(Criteria(("DB",), actions=()), GOOD) == 1.0
    assert _reward(Criteria(("COMMUNICATE",), actions=()), wrong) == 1.0


def test_a_task_that_names_neither_calls_nor_assertions_has_any_database_right() -> None:
    wrong = replace(GOOD, db_match=False)
    assert _reward(Criteria(("DB",), actions=None), wrong) == 1.0
    assert _reward(Criteria(("DB",), actions=None, environment=0), wrong) == 0.0


@pytest.mark.parametrize(
    ("wanted", "said", "met"),
    [
        ("54.04", "The total is $54.04.", True),
        ("1000", "You get 1,000 dollars", True),
        ("1,000", "You get 1,000 dollars", False),
        ("Blue", "it is BLUE", True),
        ("blue", "it is red", False),
        ("10", "100 of them", True),
    ],
)
def test_information_is_looked_for_without_commas_and_capitals(wanted: str, said: str, met: bool) -> None:
    found = grade(Criteria(("COMMUNICATE",), communicate=(wanted,)), replace(GOOD, texts=("Hello", said)))
    assert found.reward == float(met)
    assert (wanted in found.parts[0].reason) is not met


def test_all_information_must_be_given_in_whichever_messages() -> None:
    criteria = Criteria(("COMMUNICATE",), communicate=("one", "two"))
    assert _reward(criteria, replace(GOOD, texts=("two", "and one"))) == 1.0
    assert _reward(criteria, replace(GOOD, texts=("one", "o", "tw"))) == 0.0


@pytest.mark.parametrize(
    ("gold", "call", "met"),
    [
        (_gold(key="a", why="b"), _call(key="a", why="b"), True),
        (_gold(key="a", why="b"), _call(key="a"), True),
        (_gold(key="a", why="b"), _call(), True),
        (_gold(key="a"), _call(key="a", why="b"), False),
        (_gold(key="a"), _call(key="b"), False),
        (_gold(key="a"), _call("other", key="a"), False),
        (_gold(compare=("key",), key="a", why="b"), _call(key="a", why="c"), True),
        (_gold(compare=("key",), key="a", why="b"), _call(why="b"), False),
        (_gold(compare=(), key="a"), _call(key="c"), True),
        (_gold(key="a"), ToolCall("1", "cancel", "no object"), True),
    ],
)
def test_a_call_matches_on_the_arguments_to_compare_or_on_its_own(gold: GoldAction, call: ToolCall, met: bool) -> None:
    criteria = Criteria(("ACTION",), actions=(gold,))
    assert _reward(criteria, replace(GOOD, calls=(_call("read"), call))) == float(met)


def test_every_expected_call_must_be_matched_by_any_call_of_either_side() -> None:
    criteria = Criteria(("ACTION",), actions=(_gold(key="a"), _gold(key="b")))
    by_user = ToolCall("2", "cancel", {"key": "b"}, "user")
    assert _reward(criteria, replace(GOOD, calls=(_call(key="a"),))) == 0.0
    assert _reward(criteria, replace(GOOD, calls=(by_user, _call(key="a")))) == 1.0


@pytest.mark.parametrize(
    ("assertions", "judged", "reward"),
    [
        ((), None, 1.0),
        (("x",), (True,), 1.0),
        (("x", "y"), (True, False), 0.0),
        (("x",), None, None),
        (("x",), (), 1.0),
    ],
)
def test_the_judges_part_is_its_answer_or_open(
    assertions: tuple[str, ...], judged: tuple[bool, ...] | None, reward: float | None
) -> None:
    found = grade(Criteria(("NL_ASSERTION",), assertions=assertions), replace(GOOD, judged=judged))
    assert found.reward == reward
    assert found.undecided == (("NL_ASSERTION",) if reward is None else ())


def test_what_is_open_does_not_matter_where_something_else_failed() -> None:
    criteria = Criteria(("DB", "NL_ASSERTION"), actions=(), assertions=("x",))
    assert _reward(criteria, replace(GOOD, db_match=False)) == 0.0
    assert _reward(criteria, GOOD) is None


def test_assertions_about_an_environment_are_open() -> None:
    assert _reward(Criteria(("ENV_ASSERTION",), environment=2)) is None
    assert _reward(Criteria(("ENV_ASSERTION",), environment=0)) == 1.0


@given(st.sets(st.sampled_from(ALL)), st.tuples(*[st.booleans()] * 4))
def test_the_reward_is_the_product_of_the_parts_in_the_basis(chosen: set[Basis], met: tuple[bool, ...]) -> None:
    db, communicated, called, judged = met
    criteria = Criteria(tuple(sorted(chosen)), (_gold(key="a"),), ("done",), ("x",))
    ended = Ended(
        "agent_stop",
        db_match=db,
        calls=(_call(key="a" if called else "b"),),
        texts=("done" if communicated else "no",),
        judged=(judged,),
    )
    found = grade(criteria, ended)
    wanted = {basis: part for basis, part in zip(ALL, met, strict=True) if basis in chosen}
    assert found.reward == float(all(wanted.values()))
    assert {part.basis: part.met for part in found.parts} == wanted


def test_tasks_from_before_a_basis_was_named_have_the_usual_one() -> None:
    assert RecordedCriteria().to_criteria().basis == ("DB", "COMMUNICATE")
    assert RecordedCriteria(reward_basis=()).to_criteria().basis == ()
    with pytest.raises(InputError, match="names 'LUCK'"):
        RecordedCriteria(reward_basis=("DB", "LUCK")).to_criteria()
