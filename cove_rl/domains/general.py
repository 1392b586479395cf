"""Tools that touch no record: arithmetic, and handing the customer over to a person."""

# ruff: noqa: ARG001, D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from cove_rl.domains.arithmetic import calculate_text
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("generic")
def calculate(state: State, expression: str) -> str:
    """Compute an arithmetic expression; the result is rounded to two decimals.

    Args:
        expression: Numbers, the operators + - * /, parentheses and spaces, for example '(12.5 + 3) * 2'.
    """
    return calculate_text(expression)


@tool("generic")
def transfer_to_human_agents(state: State, summary: str) -> str:
    """Hand the customer over to a human agent, with a summary of what they want.

    Use it only when the customer asks for a human and the policy lets you, or when no tool can do what they need.

    Args:
        summary: What the customer wants and what has been done about it, in a sentence or two.
    """
    return "Transfer successful"
