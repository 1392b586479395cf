"""What the page shows of one conversation."""

import msgspec


class CallView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tool call with its result.

    Attributes:
        number: its position among the conversation's calls, from 0, as verdicts count them.
        name: the tool.
        arguments: as indented JSON, or as they were written if they are none.
        result: what it returned, indented if it is JSON; None if the record ends before.
        failed: whether it failed.
        kind: "read", "write" or "generic"; "" if the domain's tools are not known.
        requestor: who made it.
        meets: the checks it satisfied, by their place in the checklist.
        redundant: why it is redundant; "" if it is not.
    """

    number: int
    name: str
    arguments: str
    result: str | None = None
    failed: bool = False
    kind: str = ""
    requestor: str = "assistant"
    meets: tuple[int, ...] = ()
    redundant: str = ""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message; results of tools are shown with their calls.

    Attributes:
        message: its place among the recorded messages, from 0, as audits count them.
        role: who speaks.
        text: what is said.
        calls: the calls made with it.
    """

    message: int
    role: str
    text: str = ""
    calls: tuple[CallView, ...] = ()


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the checklist: a constraint, or what the benchmark checked.

    Attributes:
        kind: the constraint's kind.
        met: whether it holds; None if that was not checked.
        reason: the verdict's words.
        calls: the calls that brought it about.
    """

    kind: str
    met: bool | None
    reason: str
    calls: tuple[int, ...] = ()


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding of the audit.

    Attributes:
        kind: which fault.
        meaning: what the customer did, in words.
        detail: what was said, or is missing.
        message: its place among the recorded messages.
        certain: whether the transcript decides it; otherwise it is a suspicion.
    """

    kind: str
    meaning: str
    detail: str
    message: int
    certain: bool = True


class FieldChange(msgspec.Struct, frozen=True):
    """One value that differs: where it is in its record, and both values as JSON; None where there is none."""

    path: str
    before: str | None
    after: str | None


class RecordChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record that the conversation left different, or new."""

    table: str
    key: str
    new: bool
    fields: tuple[FieldChange, ...]


class Part(msgspec.Struct, frozen=True):
    """One figure: a part of the reward, or a count."""

    name: str
    value: float | str


class TokensView(msgspec.Struct, frozen=True):
    """The tokens of a rollout; all lists have one entry per token.

    Attributes:
        texts: what each adds to the text; one that is only part of a character adds nothing, the last of its parts
            all of it.
        ids: their numbers in the vocabulary.
        mask: 1 for what the policy sampled, 0 for the rest; the prompt is 0 throughout.
        logprobs: natural logarithms, 0.0 where the mask is 0; None if they were not recorded.
        prompt: how many tokens come before the first answer.
    """

    texts: tuple[str, ...]
    ids: tuple[int, ...]
    mask: tuple[int, ...]
    logprobs: tuple[float, ...] | None
    prompt: int


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """One conversation with all that is known of it.

    Attributes:
        title: the task's id, or what the file calls it.
        turns: the conversation.
        outcome: how it ended and whose fault that is, in words.
        checks: the checklist.
        faults: the audit's findings.
        changes: what differs between the world and the end; None if the world is not to be had.
        parts: figures.
        brief: what the customer knew and wanted, in lines.
        tokens: those of a rollout.
        notes: what could not be shown, and why.
    """

    title: str
    turns: tuple[Turn, ...]
    outcome: str = ""
    checks: tuple[Check, ...] = ()
    faults: tuple[Fault, ...] = ()
    changes: tuple[RecordChange, ...] | None = None
    parts: tuple[Part, ...] = ()
    brief: tuple[str, ...] = ()
    tokens: TokensView | None = None
    notes: tuple[str, ...] = ()
