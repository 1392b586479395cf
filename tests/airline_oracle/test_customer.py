"""The scripted customer of an airline task agrees to what they want, and to nothing else."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import pytest
from msgspec.structs import replace

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.airline.oracle.serve import SKILLS
from cove_rl.domains.airline.records import Reservation
from cove_rl.episode.episode import STOP, run_episode
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Heard
from cove_rl.synth.tasks import finished
from cove_rl.tasks.task import Persona, Task, is_actionable
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import GREETING
from cove_rl.world.hint import Request

from .other_words import CHANGES, allowed
from .shelf import tasks, world
from .wordings import GRAMMAR

LINES = read_yaml("speech.yaml")["customer"]
QUESTIONS = {
    "identity": ["What is your user ID?", "Could you please provide your user ID so I can look up your account?"],
    "reservation": ["Which reservation is it?", "Please provide the reservation ID.", "What's your booking number?"],
    "reason": ["What is the reason for the cancellation?", "Why would you like to cancel?"],
    "trip": ["Is this a one-way or a round trip?", "Where would you like to fly from and to?"],
    "cabin": ["Which cabin class would you prefer?", "Would you like basic economy, economy, or business class?"],
    "passengers": ["Who will be travelling?", "How many passengers are there, and what are their names?"],
    "outbound": ["Which outbound flight would you like?", "What date would you like to depart?"],
    "inbound": ["When would you like to fly back?", "Which return flight would you prefer?"],
    "bags": ["How many checked bags do you have?", "Do you need to check any bags?"],
    "insurance": ["Would you like to add travel insurance for $30?", "Do you want travel insurance (yes/no)?"],
    "payment": ["Which payment method would you like to use?", "How would you like to pay?"],
    "who": ["Which passenger would you like to replace?", "Who should be removed from the booking?"],
    "passenger": ["What is the full name and date of birth of the new passenger?", "Who should be added instead?"],
    "incident": ["What happened with your flight?", "Was the flight cancelled or delayed?"],
    "new_destination": ["What destination would you like instead?", "Where would you like to go?"],
}


class Talk:
    """A conversation with the customer of a task, driven by what an agent says."""

    def __init__(self, task: Task) -> None:
        self._user = ScriptedUser(task)
        self._messages: list[Message] = []
        self.say(GREETING)

    @property
    def last(self) -> str:
        """The customer's last message."""
        return self._messages[-1].content

    def say(self, text: str) -> str:
        """Say something and return the answer."""
        self._messages.append(Message("assistant", text))
        self._messages.append(asyncio.run(self._user.reply(self._messages)))
        return self.last

    def heard(self) -> list[Heard]:
        """What the customer's last message says."""
        return GRAMMAR.hear(self.last)


@cache
def firsts() -> tuple[Task, ...]:
    """The tasks, each with its first request alone."""
    return tuple(replace(task, requests=task.requests[:1]) for task in tasks())


def proposal(task: Task) -> str | None:
    """What the oracle proposes to the customer of a task, who agrees."""
    messages = finished(run_episode(task, world(), Oracle("airline", task.seed), ScriptedUser(task))).messages
    pairs = [(one, other) for one, other in pairwise(messages) if other.role == "user"]
    return next((one.content for one, other in pairs if says(other, "yes")), None)


def says(message: Message, act: str) -> bool:
    return act in [heard.act for heard in GRAMMAR.hear(message.content)]


def told(heard: Sequence[Heard]) -> set[str]:
    return {slot for one in heard for slot in one.hints}


def slots(request: Request) -> set[str]:
    return {hint.slot for hint in request.hints}


def test_what_the_customer_wants_is_agreed_to_at_once() -> None:
    """Before a word was exchanged about it: nothing a right proposal names may look wrong."""
    right = [(task, text) for task in firsts() if allowed(task) and (text := proposal(task))]
    assert {task.requests[0].constraint.kind for task, _ in right} == {
        kind for kind in {constraint.kind for task in tasks() for constraint in task.constraints}
        if not kind.startswith(("refuse", "hand_over"))
    }  # fmt: skip
    for task, text in right:
        talk = Talk(task)
        talk.say(text)
        assert [heard.act for heard in talk.heard()] == ["yes"], text
        assert STOP in talk.say("That has been done.")


def in_a_list(request: Request) -> str:
    """What a model would write before the one write that a request takes: ids, codes, ISO dates, a list."""
    (action,) = request.constraint.actions(world())
    given = {
        name: value for name, value in action.arguments.items() if getattr(request.constraint, name, "") is not None
    }
    parts = [action.name.replace("_", " ").capitalize().replace("Update", "Change")]
    booked = world().rows(Reservation).get(str(given.pop("reservation_id", "")))
    if booked is not None:
        first = booked.flights[0].date
        parts.append(f"Reservation: {booked.reservation_id} ({booked.origin} to {booked.destination}, {first})")
    for name, value in given.items():
        words = value
        if name == "flights":
            words = ", ".join(f"{one['flight_number']} on {one['date']}" for one in value)
        elif name == "passengers":
            words = ", ".join(f"{one['first_name']} {one['last_name']}, born {one['dob']}" for one in value)
        elif name == "payment_methods":
            words = ", ".join(f"{one['payment_id']} (${one['amount']})" for one in value)
        parts.append(f"**{name.replace('_', ' ').capitalize()}:** {str(words).replace('_', ' ')}")
    return "\n- ".join(parts) + "\n\nDo you confirm (yes/no)?"


def test_what_the_customer_wants_passes_as_a_list_of_ids_codes_and_dates() -> None:
    for task in firsts():
        if allowed(task):
            talk = Talk(task)
            text = in_a_list(task.requests[0])
            talk.say(text)
            assert [heard.act for heard in talk.heard()] == ["yes"], (text, talk.last)


@pytest.mark.parametrize("change", CHANGES)
def test_something_else_is_corrected_with_all_there_is_to_say(change: Callable[[Task], Task | None]) -> None:
    """Few may pass: a connection a day early can leave on the right day, and trips can have a city in common."""
    spoiled = [(task, other) for task in firsts() if allowed(task) and (other := change(task)) is not None]
    wrong = [(task, text) for task, other in spoiled if (text := proposal(other)) is not None][:60]
    assert len(wrong) >= 20
    passed = 0
    for task, text in wrong:
        talk = Talk(task)
        talk.say(text)
        heard = talk.heard()
        assert [one.act for one in heard] == ["yes"] or told(heard) == slots(task.requests[0]), (text, talk.last)
        passed += says(Message("user", talk.last), "yes")
    assert passed < 0.15 * len(wrong)


def test_another_kind_of_request_is_corrected_too() -> None:
    wrong = "I would cancel reservation ABC123. Shall I go ahead?"
    for task in firsts():
        if allowed(task) and task.requests[0].act not in ("cancel_reservation", "cancel_or_change"):
            talk = Talk(task)
            talk.say(wrong)
            assert talk.heard()[0].act == "no", task.requests[0].act


@pytest.mark.parametrize("slot", QUESTIONS)
def test_every_element_is_told_when_it_is_asked_for(slot: str) -> None:
    known = [task for task in firsts() if slot == "identity" or slot in slots(task.requests[0])][:15]
    assert len(known) >= 5
    for task in known:
        for question in QUESTIONS[slot]:
            talk = Talk(replace(task, persona=Persona(openness="reserved")))
            talk.say(question)
            assert slot in told(talk.heard()), (question, talk.last)


def test_who_knows_their_user_id_does_not_say_that_they_know_none() -> None:
    for task in firsts()[:60]:
        talk = Talk(task)
        talk.say("Could you please provide your user ID?")
        assert not any(line in talk.last for line in LINES["forgot"])
        assert not says(Message("user", talk.last), "yes")


def test_a_refusal_of_what_is_forbidden_is_accepted_and_of_what_is_allowed_contradicted() -> None:
    for task in firsts():
        talk = Talk(task)
        talk.say("I'm sorry, that isn't possible.")
        insists = any(line in talk.last for line in LINES["insist"])
        constraint = task.requests[0].constraint
        assert insists == (is_actionable(constraint) and not constraint.transfer)


def test_every_subset_of_what_is_known_can_be_told() -> None:
    acts = {(one.act, tuple(sorted(slots(one)))) for task in tasks() for one in task.requests}
    assert {act for act, _ in acts} == {act for act in GRAMMAR.acts() if act not in ("inform", "yes", "no")}
    for act, names in acts:
        assert frozenset() in GRAMMAR.shapes_of(act)
        assert all(frozenset({slot}) in GRAMMAR.shapes_of("inform") for slot in names)


def test_hints_give_no_reservation_id_away_but_where_they_must() -> None:
    hints = [hint for task in tasks() for one in task.requests for hint in one.hints if hint.slot == "reservation"]
    given = [hint for hint in hints if hint.form == "exact"]
    strangers = [one for task in tasks() for one in task.constraints if one.kind == "refuse_stranger"]
    assert len(given) - len(strangers) < 0.05 * len(hints)


def test_the_domain_has_the_acts_its_oracle_deals_with() -> None:
    assert set(SKILLS) == set(GRAMMAR.acts()) - {"inform", "yes", "no"}
