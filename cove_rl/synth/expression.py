"""Expressions over what is known of an example: which to keep, and which of several is the best."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec
import simpleeval

from cove_rl.errors import InputError
from cove_rl.synth.example import Facts

LONGEST = 1000
"""Characters of an expression; nobody types more, and a parser can be led to its limits with less."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {"abs": abs, "len": len, "max": max, "min": min}
"""What an expression may call."""

OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: simpleeval.safe_add,
    ast.Sub: operator.sub,
    ast.Mult: simpleeval.safe_mult,
    ast.Div: operator.truediv,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, others: one in others,
    ast.NotIn: lambda one, others: one not in others,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Not: operator.not_,
    ast.USub: operator.neg,
}
"""What an expression may compute: nothing that takes long, or grows."""

_PLAIN = (ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Call, ast.Name, ast.Constant)
_GLUE = (ast.Tuple, ast.List, ast.And, ast.Or, ast.Load)
ALLOWED: tuple[type[ast.AST], ...] = (*_PLAIN, *_GLUE, *OPERATORS)
"""What an expression may consist of."""

GOOD = Facts(
    domain="retail",
    teacher="oracle",
    user="scripted",
    kinds=("cancel_order",),
    constraints=1,
    score=1.0,
    success=True,
    satisfied=1.0,
    redundant=0,
    failed_calls=0,
    ending="user_stop",
    culprit=None,
    user_fault=False,
    user_faults=(),
    unconfirmed=0,
    turns=8,
    agent_turns=4,
    user_turns=4,
    calls=3,
    writes=1,
    characters=900,
)
BAD = msgspec.structs.replace(GOOD, score=0.0, success=False, satisfied=0.0, ending="max_agent_turns", culprit="agent")
"""Facts every expression is tried on before any work is done."""


class Expression:
    """An expression such as ``success and turns < 30``, over the fields of `Facts`.

    It is interpreted, never compiled: there are no attributes, no subscripts, and no calls but those of `FUNCTIONS`.

    Args:
        text: the expression.

    Raises:
        InputError: if it is none, names a field that does not exist, or fails on usual facts.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = _checked(text)
        for facts in (GOOD, BAD):
            self.value(facts)

    def value(self, facts: Facts) -> Any:
        """Return what it comes to for an example.

        Raises:
            InputError: if it fails: it compares a number with a text, say, or divides by zero.
        """
        evaluator = simpleeval.EvalWithCompoundTypes(
            operators=OPERATORS, functions=dict(FUNCTIONS), names=msgspec.structs.asdict(facts)
        )
        try:
            return evaluator.eval(self.text, previously_parsed=self._tree)
        except (simpleeval.InvalidExpression, ArithmeticError, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"the expression {self.text!r} fails: {error}") from None

    def holds(self, facts: Facts) -> bool:
        """Return whether an example meets it."""
        return bool(self.value(facts))


@cache
def condition(text: str) -> Expression:
    """Return an expression that is true or false.

    Raises:
        InputError: if it is no expression, or comes to anything else.
    """
    made = Expression(text)
    value = made.value(GOOD)
    if not isinstance(value, bool):
        raise InputError(f"the expression {text!r} is {value!r} for usual facts; expected true or false")
    return made


@cache
def measure(text: str) -> Expression:
    """Return an expression that is a number.

    Raises:
        InputError: if it is no expression, or comes to anything else.
    """
    made = Expression(text)
    value = made.value(GOOD)
    if not isinstance(value, int | float):
        raise InputError(f"the expression {text!r} is {value!r} for usual facts; expected a number")
    return made


def _checked(text: str) -> ast.expr:
    """Return the tree of an expression, of which every part is allowed."""
    if len(text) > LONGEST:
        raise InputError(f"an expression of {len(text)} characters; at most {LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise InputError(f"{text!r} is no expression: {reason}") from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        _check(node, text, id(node) in called)
    return tree.body


def _check(node: ast.AST, text: str, is_called: bool) -> None:
    """Raise an `InputError` unless a part of an expression is allowed."""
    if not isinstance(node, ALLOWED) or (isinstance(node, ast.Call) and not isinstance(node.func, ast.Name)):
        raise InputError(
            f"{text!r}: {type(node).__name__.lower()} is not allowed in an expression; it has fields, numbers, texts, "
            f"lists, comparisons, and, or, not, in, + - * / and {', '.join(FUNCTIONS)}"
        )
    if isinstance(node, ast.Name) and node.id not in (FUNCTIONS if is_called else Facts.__struct_fields__):
        known = FUNCTIONS if is_called else Facts.__struct_fields__
        what = "function" if is_called else "field"
        raise InputError(f"{text!r}: there is no {what} '{node.id}'; there are {', '.join(known)}")
