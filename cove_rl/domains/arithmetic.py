"""What a `calculate` tool computes: plain arithmetic on a short expression, parsed, never evaluated as code."""

import ast
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from cove_rl.errors import ToolError

ALLOWED = frozenset("0123456789+-*/(). ")
MAX_LENGTH = 500
MAX_BITS = 4096
"""Powers of whole numbers with more bits than this are refused before they are computed."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def calculate_text(expression: str) -> str:
    """Return the value of an arithmetic expression, rounded to two decimals, as Python prints a float.

    Numbers, ``+ - * / // **``, signs and parentheses are allowed; whole numbers stay exact until the end.

    Raises:
        ToolError: if the expression is not arithmetic, too long, too large, or has no finite real value.
    """
    tree = _parse(expression)
    try:
        value = float(_evaluate(tree))
    except ZeroDivisionError:
        raise ToolError("The expression divides by zero, so it has no value.") from None
    except OverflowError:
        raise ToolError("The result is too large; use smaller numbers.") from None
    if not math.isfinite(value):
        raise ToolError("The result is too large; use smaller numbers.")
    return str(round(value, 2))


def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise ToolError(f"The expression is longer than {MAX_LENGTH} characters; calculate it in parts.")
    if not ALLOWED.issuperset(expression):
        raise ToolError("An expression may hold only digits, + - * / ( ) . and spaces, for example '(12.5 + 3) * 2'.")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _malformed() from None


def _evaluate(root: ast.expr) -> int | float:
    """Evaluate operands before operators, without recursion: depth cannot depend on who calls."""
    values: list[Any] = []
    for node in reversed(list(_preorder(root))):
        if isinstance(node, ast.BinOp):
            right, left = values.pop(), values.pop()
            values.append(_apply(node.op, left, right))
        elif isinstance(node, ast.UnaryOp):
            values.append(_UNARY[type(node.op)](values.pop()))
        elif isinstance(node, ast.Constant):
            values.append(node.value)
    result: int | float = values.pop()
    return result


def _preorder(root: ast.expr) -> Iterator[ast.expr]:
    """Yield each node before its operands, the right one first; reversed, that is the order of evaluation."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp):
            waiting += (node.left, node.right)
        elif isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, (int, float))):
            raise _malformed()
        yield node


def _apply(op: ast.operator, left: Any, right: Any) -> Any:
    if not isinstance(op, ast.Pow):
        return _BINARY[type(op)](left, right)
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > MAX_BITS:
        raise ToolError("The power is too large; use smaller numbers.")
    power = left**right
    if isinstance(power, complex):
        raise ToolError("The expression takes a root of a negative number, so it has no real value.")
    return power


def _malformed() -> ToolError:
    return ToolError("That is not an arithmetic expression; write one such as '(12.5 + 3) * 2'.")
