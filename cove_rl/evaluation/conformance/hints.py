"""Checks of what customers say: there is a sentence for it, it is heard as it was meant, and it means one thing."""

from collections.abc import Iterator, Mapping
from random import Random

import msgspec

from cove_rl.errors import DomainError
from cove_rl.evaluation.conformance.check import Cases, Check, check
from cove_rl.evaluation.conformance.rehearsal import why_unsolved
from cove_rl.evaluation.conformance.subject import Subject
from cove_rl.speech.grammar import Grammar, Heard
from cove_rl.speech.speech import Speech
from cove_rl.synth.tasks import finished, solve
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import Draft
from cove_rl.world.hint import Hint, Request, Value
from cove_rl.world.world import World

WORDINGS = 3
"""Times each hint is worded, and each sentence said."""


@check(
    "Customers open with as much as their persona tells, at times with nothing, and answer each question by itself.",
    "Add to speech.yaml, under `acts`, the sentence that is missing.",
)
def everything_can_be_said(subject: Subject) -> Cases:
    """Each request has a sentence without hints, and each hint one of its own under "inform"."""
    grammar = subject.speech.get().grammar
    answers = grammar.shapes_of("inform")
    for act in dict.fromkeys(request.act for request in subject.requests()):
        opens = frozenset[str]() in grammar.shapes_of(act)
        yield "" if opens else f"no sentence under '{act}' is without a place"
    for slot in dict.fromkeys(hint.slot for hint in _all_hints(subject)):
        yield "" if {slot} in answers else f"no sentence under 'inform' has {{{slot}}} as its only place"


@check(
    "The oracle, and the models that are trained on its conversations, understand the customer by these wordings.",
    "Make the wording tell forms apart, give its places a narrower entry under `shapes`, or name no place like a slot.",
)
def hints_are_understood(subject: Subject) -> Cases:
    """What a customer says is heard again as the same hints, whatever is said around it."""
    speech = subject.speech.get()
    rng = Random(f"{subject.sizes.seed}:wordings")  # noqa: S311  (reproducible)
    for draft in subject.drafts.get():
        for hint in draft.identity:
            yield _sentence(speech, "inform", {hint.slot: hint}, rng)
        for request in draft.requests:
            hints = {hint.slot: hint for hint in request.hints}
            for hint in request.hints:
                yield _wording(speech.grammar, hint, rng)
            for shape in sorted(speech.grammar.shapes_of(request.act), key=sorted):
                if shape <= hints.keys():
                    told = {slot: hint for slot, hint in hints.items() if slot in shape}
                    yield _sentence(speech, request.act, told, rng)


def _wording(grammar: Grammar, hint: Hint, rng: Random) -> str:
    for _ in range(WORDINGS):
        words = grammar.word(hint, rng)
        heard = grammar.read(hint.slot, words)
        if heard is None or not means(hint, heard, grammar):
            return f"'{words}' was said for {shown(hint)}, and heard as {'nothing' if heard is None else shown(heard)}"
    return ""


def _sentence(speech: Speech, act: str, hints: Mapping[str, Hint], rng: Random) -> str:
    """Say a sentence between two remarks; return what is wrong with what is heard of it."""
    remarks = speech.moods[rng.choice(list(speech.moods))]
    for _ in range(WORDINGS):
        try:
            said = speech.grammar.say(act, hints, rng)
        except DomainError as error:
            return str(error) if act != "inform" else ""  # `everything_can_be_said` asks for answers
        text = f"{rng.choice(remarks['before'])} {said} {rng.choice(remarks['after'])}"
        heard = speech.grammar.hear(text)
        if [one.act for one in heard] != [act] or not _means_all(hints, heard[0], speech.grammar):
            meant = ", ".join(map(shown, hints.values()))
            got = [f"{one.act}: {', '.join(map(shown, one.hints.values()))}" for one in heard]
            return f"'{text}' was said for {act}: {meant}, and heard as {' and '.join(got) or 'nothing'}"
    return ""


def _means_all(hints: Mapping[str, Hint], heard: Heard, grammar: Grammar) -> bool:
    return hints.keys() == heard.hints.keys() and all(
        means(hint, heard.hints[slot], grammar) for slot, hint in hints.items()
    )


def means(hint: Hint, heard: Hint, grammar: Grammar) -> bool:
    """Return whether what was heard is what was meant; options come back as the text that named them."""
    if (hint.slot, hint.form, hint.values.keys()) != (heard.slot, heard.form, heard.values.keys()):
        return False
    return all(_same(value, heard.values[place], grammar) for place, value in hint.values.items())


def _same(meant: Value, heard: Value, grammar: Grammar) -> bool:
    if isinstance(meant, tuple):
        if not isinstance(heard, tuple) or len(heard) != len(meant):
            return False
        return all(means(one, other, grammar) for one, other in zip(meant, heard, strict=True))
    if isinstance(meant, dict):
        return isinstance(heard, str) and grammar.count_pairs(heard) == len(meant) and grammar.describes(heard, meant)
    return meant == heard


def shown(hint: Hint) -> str:
    """Return a hint as a report shows it."""
    return f"{hint.slot} by {hint.form} {hint.values}"


@check(
    "A description that fits two things makes a task a matter of luck.",
    "Before a description is used, count what it fits in all that the customer knows of; if it is not one, say more.",
)
def hints_are_unique(subject: Subject) -> Cases:
    """The same words never mean two different goals, and it does not matter in which order rows are stored."""
    world = subject.world.get()
    meant: dict[bytes, tuple[Draft, str]] = {}
    for draft in subject.drafts.get():
        request = draft.requests[0]
        words = _words(draft.identity, request)
        goal = _goal(request.constraint, world)
        other, other_goal = meant.setdefault(words, (draft, goal))
        yield "" if goal == other_goal else _two_things(draft, other)
    backwards = World(subject.name, {kind: dict(reversed(list(rows.items()))) for kind, rows in world.tables.items()})
    for one in subject.tasks():
        again = finished(solve(one.task, backwards))
        yield "" if again.is_solved else f"with all rows in the opposite order: {why_unsolved(again)}"


def _two_things(one: Draft, other: Draft) -> str:
    goals = [draft.requests[0].constraint.describe() for draft in (one, other)]
    hints = ", ".join(map(shown, (*one.identity, *one.requests[0].hints)))
    return f"{one.requests[0].act} with {hints} means {' and also '.join(goals)}"


def _words(identity: tuple[Hint, ...], request: Request) -> bytes:
    """Return all that the customer says of a request, with nothing that they only know."""
    told = [msgspec.structs.replace(hint, check=None) for hint in (*identity, *request.hints)]
    return msgspec.json.encode([request.act, *told], order="sorted")


def _goal(constraint: Constraint, world: World) -> str:
    """Return all by which a constraint is judged."""
    facts = [(goal.kind.__name__, goal.key, goal.label, repr(goal.wanted)) for goal in constraint.goals(world)]
    guards = [(kind.__name__, key) for kind, key in constraint.guards(world)]
    return repr((sorted(facts), sorted(guards), constraint.evidence(world), constraint.transfer))


def _all_hints(subject: Subject) -> Iterator[Hint]:
    for draft in subject.drafts.get():
        yield from draft.identity
        for request in draft.requests:
            yield from request.hints


CHECKS: tuple[Check, ...] = (everything_can_be_said, hints_are_understood, hints_are_unique)
