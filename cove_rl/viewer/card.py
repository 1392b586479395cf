"""What the list of conversations shows, and can be filtered by, of each of them."""

import msgspec


class Card(msgspec.Struct, frozen=True, array_like=True):
    """One row of the list. It is sent as an array, so ten thousand of them stay small.

    Attributes:
        task: id of the task, or what the file calls the conversation.
        domain: the task's; "" if nobody knows.
        agent: who played the agent.
        user: who played the customer.
        kinds: kinds of the constraints, in their order.
        score: the verdict's, or the reward a file states; None without either.
        success: whether it was met in full; None without a verdict.
        ending: what ended the conversation; "" if that was not recorded.
        culprit: whose fault a failure is; "" when nobody's.
        faults: kinds of the customer's certain faults, each once; None if no audit was made.
        turns: messages of both sides, results of tools not counted.
        calls: tool calls.
        redundant: writes that nobody asked for.
        place: file and line, as a person would look for it.
        file: the file's name.
    """

    task: str
    domain: str = ""
    agent: str = ""
    user: str = ""
    kinds: tuple[str, ...] = ()
    score: float | None = None
    success: bool | None = None
    ending: str = ""
    culprit: str = ""
    faults: tuple[str, ...] | None = None
    turns: int = 0
    calls: int = 0
    redundant: int = 0
    place: str = ""
    file: str = ""
