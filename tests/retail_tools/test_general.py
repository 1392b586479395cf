"""`calculate` is exact arithmetic and nothing else; a transfer always succeeds."""

import string
import warnings
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.arithmetic import ALLOWED, MAX_LENGTH, calculate_text
from cove_rl.errors import ToolError

from .shop import Shop

Piece = tuple[str, Fraction | None]
"""An expression and its exact value; None if it divides by zero."""


def _number(text: str) -> Piece:
    return text, Fraction(text)


NUMBERS = st.one_of(
    st.integers(0, 9999).map(lambda n: _number(str(n))),
    st.decimals(0, 999, places=2, allow_nan=False).map(lambda n: _number(str(n))),
)


def _joined(left: Piece, op: str, right: Piece) -> Piece:
    (one, a), (two, b) = left, right
    text = f"({one} {op} {two})"
    if a is None or b is None or (op in ("/", "//") and b == 0):
        return text, None
    if op == "+":
        return text, a + b
    if op == "-":
        return text, a - b
    return text, a * b if op == "*" else a / b


def _grown(pieces: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    joined = st.builds(_joined, pieces, st.sampled_from("+-*/"), pieces)
    negated = pieces.map(lambda piece: (f"-{piece[0]}", None if piece[1] is None else -piece[1]))
    return joined | negated


EXPRESSIONS = st.recursive(NUMBERS, _grown, max_leaves=12)


@given(EXPRESSIONS)
def test_the_value_is_that_of_exact_fractions(piece: Piece) -> None:
    """Floats may lose a few units in the last place against fractions, and divide by a difference that is noise."""
    text, exact = piece
    try:
        value = float(calculate_text(text))
    except ToolError:
        assert exact is None or len(text) > MAX_LENGTH
        return
    if exact is not None and "/" not in text:
        assert value == pytest.approx(float(exact), rel=1e-9, abs=0.006 + 1e-9 * abs(float(exact)))


@given(st.text(alphabet=sorted(ALLOWED), max_size=14).filter(lambda text: "**" not in text))
def test_any_allowed_text_does_what_the_language_itself_does(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = str(round(float(eval(text)), 2))
        except Exception:
            expected = ""
    try:
        assert calculate_text(text) == expected
    except ToolError:
        assert expected == ""


@given(st.integers(-30, 30), st.integers(-12, 12))
def test_powers_do_what_the_language_itself_does(base: int, exponent: int) -> None:
    text = f"({base})**({exponent})"
    if base == 0 and exponent < 0:
        with pytest.raises(ToolError, match="zero"):
            calculate_text(text)
    else:
        assert calculate_text(text) == str(round(float(base**exponent), 2))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", "1.0"),
        (" 2+3 ", "5.0"),
        ("7 // 2", "3.0"),
        ("-2 ** 2", "-4.0"),
        ("2 ** 3 ** 2", "512.0"),
        ("100 - 14.249999999999943", "85.75"),
        ("10**400 / 10**399", "10.0"),
        ("+".join(["1"] * 250), "250.0"),
        ("-" * 400 + "1", "1.0"),
        (".5 * 4.", "2.0"),
        ("4 ** .5", "2.0"),
    ],
)
def test_known_values(expression: str, value: str) -> None:
    assert calculate_text(expression) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "not an arithmetic"),
        ("   ", "not an arithmetic"),
        ("1 +", "not an arithmetic"),
        ("()", "not an arithmetic"),
        ("...", "not an arithmetic"),
        ("(1)(2)", "not an arithmetic"),
        ("007", "not an arithmetic"),
        ("(" * 250 + "1" + ")" * 249, "not an arithmetic"),
        ("1e5", "may hold only"),
        ("2 % 3", "may hold only"),
        ("1,5", "may hold only"),
        ("1\n+1", "may hold only"),
        ("\uff11 + 1", "may hold only"),
        ("__import__('os')", "may hold only"),
        ("1 / 0", "by zero"),
        ("1 // (2 - 2)", "by zero"),
        ("0 ** -1", "by zero"),
        ("9 ** 9 ** 9 ** 9", "too large"),
        ("10.0 ** 400", "too large"),
        ("10 ** 400", "too large"),
        ("(10.0 ** 300) * (10.0 ** 300)", "too large"),
        ("(10.0 ** 300 * 10.0 ** 300) - (10.0 ** 300 * 10.0 ** 300)", "too large"),
        ("(-8) ** .5", "root of a negative"),
        ("1+" * 250 + "1", "in parts"),
        ("1" * 10**6, "in parts"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_reason(shop: Shop, expression: str, reason: str) -> None:
    text = shop.refused("calculate", expression=expression)
    assert reason in text
    assert len(text) < 300


@given(st.text(alphabet=string.printable, max_size=40))
def test_no_text_breaks_it(expression: str) -> None:
    with suppress(ToolError):
        float(calculate_text(expression))


def test_a_transfer_changes_nothing(shop: Shop) -> None:
    assert shop.ok("transfer_to_human_agents", summary="wants a human") == "Transfer successful"
