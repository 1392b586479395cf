"""Expressions over facts: what they may say, and that nothing else gets through."""

import ast
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.synth.example import Facts
from cove_rl.synth.expression import BAD, GOOD, LONGEST, Expression, condition, measure
from cove_rl.synth.plan import KEEP


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        (KEEP, True, False),
        ("success and not user_fault and turns < 30", True, False),
        ("score >= 0.5 or culprit == 'agent'", True, True),
        ("4 <= turns <= 8 and 'cancel_order' in kinds", True, True),
        ("domain in ('airline', 'telecom')", False, False),
        ("len(kinds) == constraints and max(calls, writes) - 1 == 2", True, True),
        ("culprit is None", True, False),
        ("True if success else turns > 100", None, None),
        ("ending != 'user_stop'", False, True),
    ],
)
def test_what_expressions_say(text: str, good: bool | None, bad: bool | None) -> None:
    if good is None:
        with pytest.raises(InputError, match="not allowed"):
            condition(text)
        return
    assert condition(text).holds(GOOD) is good
    assert condition(text).holds(BAD) is bad


@pytest.mark.parametrize("name", Facts.__struct_fields__)
def test_every_fact_can_be_asked(name: str) -> None:
    assert Expression(name).value(GOOD) == getattr(GOOD, name)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "__import__('os').system('true')",
        "().__class__",
        "().__class__.__bases__[0].__subclasses__()",
        "success.__class__",
        "9**9**9",
        "'a' * 10**9",
        "kinds * 1000000000",
        "'a' * 1000000",
        "[0] * 100000000",
        "1 << 10000000000",
        "(lambda: 0)()",
        "[x for x in kinds]",
        "any(x for x in kinds)",
        "{**{}}",
        "f'{success}'",
        "open('x')",
        "eval('1')",
        "len",
        "max(len, abs)",
        "len(*kinds)",
        "max(1, 2, key=abs)",
        "len(kinds)(1)",
        "success = True",
        "(turns := 3)",
        "success; success",
        "import os",
        "await success",
        "yield",
        "kinds[0]",
        "",
        "  ",
        "success and",
        "\0",
        "(" * 900,
        "-" * 900 + "1",
        "1" * (LONGEST + 1),
        "turn < 3",
        "turns < '3'",
        "turns / 0 > 1",
        "1e400 * turns > 1 and turns % 2",
    ],
)
def test_nothing_else_gets_through(text: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(text)
    assert len(str(caught.value)) < LONGEST + 700


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no field 'turn'; there are domain, teacher, .*turns"):
        condition("turn < 30")
    with pytest.raises(InputError, match=r"no function 'sum'; there are abs, len, max, min"):
        condition("sum(kinds) > 1")


@pytest.mark.parametrize("text", ["turns", "kinds", "'yes'", "None"])
def test_a_condition_is_true_or_false(text: str) -> None:
    with pytest.raises(InputError, match="true or false"):
        condition(text)


@pytest.mark.parametrize("text", ["kinds", "'yes'", "None", "culprit"])
def test_a_measure_is_a_number(text: str) -> None:
    with pytest.raises(InputError, match="a number"):
        measure(text)


def test_a_failure_at_work_is_told() -> None:
    found = condition("turns / writes < 10")
    with pytest.raises(InputError, match="division by zero"):
        found.holds(msgspec.structs.replace(GOOD, writes=0))


@given(st.text() | st.text("()[]{}.,'\"0123456789*+-/<>= abc_:lenot", max_size=60))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    with suppress(InputError):
        Expression(text)


ATOMS = st.sampled_from(["success", "user_fault", "turns", "score", "'x'", "3", "0.5", "None", "kinds", "(1, 2)"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """Expressions of what is allowed."""
    if depth == 0 or draw(st.booleans()):
        return draw(ATOMS)
    one, other = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    join = draw(st.sampled_from(["and", "or", "<", "==", "!=", ">=", "in", "+", "-", "*", "/"]))
    shapes = [f"not ({one})", f"abs({one})", f"({one}) is not None", f"({one}) {join} ({other})"]
    return draw(st.sampled_from(shapes))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's on a literal that is compared with `is`
@given(expressions())
def test_values_are_those_python_gives(text: str) -> None:
    try:
        expected: Any = eval(compile(ast.parse(text, mode="eval"), "", "eval"), {}, msgspec.structs.asdict(GOOD))
        worse: Any = eval(text, {}, msgspec.structs.asdict(BAD))
    except (TypeError, ArithmeticError):
        with pytest.raises(InputError):
            Expression(text)
        return
    found = Expression(text)
    assert (found.value(GOOD), found.value(BAD)) == (expected, worse)
