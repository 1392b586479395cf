"""Writes without consent: all are found, and the oracle, which asks before every write, is never accused."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.audit.conduct import unconfirmed_writes
from cove_rl.audit.facts import EMAIL
from cove_rl.episode.episode import run_episode
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.tasks import finished
from cove_rl.tasks.difficulty import LEVELS, Level
from cove_rl.tasks.sampler import draw_task
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World, WorldRef

GREETING = "Hi! How can I help you today?"
PROPOSAL = "I would cancel order #W1111111, reason 'no longer needed', and refund $20 to your PayPal. Shall I go ahead?"
BOTH = "I would cancel order #W1111111 and change the address of order #W2222222 to 5 Elm Street, 10001. Confirm?"

FIRST = ToolCall("1", "cancel_pending_order", {"order_id": "#W1111111", "reason": "no longer needed"})
SECOND = ToolCall(
    "2", "modify_pending_order_address", {"order_id": "#W2222222", "address1": "5 Elm Street", "zip": "10001"}
)
LOOK = ToolCall("3", "get_order_details", {"order_id": "#W2222222"})
PROFILE = ToolCall("4", "modify_user_address", {"user_id": "ann_lee_1234", "address1": "9 Oak Street", "zip": "60601"})

Turn = str | ToolCall | tuple[ToolCall, bool]


def unconfirmed(*turns: Turn, domain: str = "retail") -> tuple[int, ...]:
    """What is found in a dialogue: texts, the customer's first after the greeting; calls, which fail if it says so."""
    messages, speaker = [Message("assistant", GREETING)], "user"
    for turn in turns:
        if isinstance(turn, str):
            messages.append(Message("user" if speaker == "user" else "assistant", turn))
            speaker = "assistant" if speaker == "user" else "user"
        else:
            call, failed = turn if isinstance(turn, tuple) else (turn, False)
            messages += [Message("assistant", calls=(call,)), Message("tool", "{}", call_id=call.id, error=failed)]
    played = Trajectory("t", WorldRef(domain, "w", 0, {}), "a", "u", tuple(messages), outcome_of("user_stop"))
    return unconfirmed_writes(domain, played)


AGREES = [
    "Yes, please go ahead.",
    "yes",
    "YES.",
    "Yes please!",
    "Yep, that's right.",
    "Sure, go ahead.",
    "Go ahead.",
    "Please proceed.",
    "Oh, I see. Yes, please go ahead and cancel it.",
    "That's all correct. Go ahead and make the change.",
    "Thanks for the details!\n\n- Yes, cancel order #W1111111.\n- The refund to PayPal is fine.",
    "Great, thank you. I confirm.",
    "Uh, yes, do it. I no longer need it.",
    "Yes. No other changes.",
    "That\u2019s fine, and yes, proceed.",
    "Yes, go ahead. I also want to return the Lamp.",
]
NO_CONSENT = [
    "No.",
    "No, thanks.",
    "Not yet.",
    "Yes, but change the refund to my credit card.",
    "Yes. But use my credit card instead.",
    "Yes, except for the refund.",
    "Yes, if it is free.",
    "Yes? What would that cost?",
    "Is that the right order?",
    "Don't go ahead.",
    "Please don't proceed.",
    "Wait, don't do that yet.",
    "Hold on. Yes, I have another question.",
    "Before you proceed, I have a question.",
    "How do we proceed?",
    "I'm not sure that's right.",
    "I want to return the Lamp from my other order.",
    "My name is Ann Lee.",
    "",
    "...",
    "Okay, so what happens if I keep it?",
    "Yes, please. It's the order with the lamp.",
]


@pytest.mark.parametrize("text", AGREES)
def test_consent_in_free_words_is_understood(text: str) -> None:
    assert unconfirmed("Cancel it.", PROPOSAL, text, FIRST) == ()


@pytest.mark.parametrize("text", NO_CONSENT)
def test_what_is_no_consent_is_not_taken_for_one(text: str) -> None:
    assert unconfirmed("Cancel it.", PROPOSAL, text, FIRST) == (0,)


@pytest.mark.parametrize(
    "said",
    [
        "Your order is pending. Anything else?",
        "Let me look into that.",
        "Your name is Ann Lee, is that correct?",
        "Which order do you mean?",
        "I've found it.",
        "",
    ],
)
def test_a_yes_to_something_else_is_no_consent(said: str) -> None:
    assert unconfirmed("I want something done.", said, "Yes, go ahead.", FIRST) == (0,)


def test_who_asks_for_something_has_not_agreed_to_it() -> None:
    assert unconfirmed("Yes, please cancel my order.", FIRST) == (0,)
    assert unconfirmed(FIRST) == (0,)
    assert unconfirmed(FIRST, "Hello?", SECOND) == (0, 1)


def test_consent_ends_when_the_customer_speaks_again() -> None:
    after = ("Done. Anything else?", "Change the address of order #W2222222.")
    assert unconfirmed("Cancel it.", PROPOSAL, "Yes.", FIRST, *after, LOOK, SECOND) == (2,)
    assert unconfirmed("Cancel it.", PROPOSAL, "Yes.", *after, FIRST) == (0,)


def test_consent_to_one_proposal_is_none_to_what_was_asked_for_beside_it() -> None:
    yes = "Yes, go ahead. I also want to change the address of order #W2222222."
    assert unconfirmed("Cancel it.", PROPOSAL, yes, FIRST, LOOK, SECOND) == (2,)
    assert unconfirmed("Cancel it.", PROPOSAL, yes, LOOK, SECOND, FIRST) == (1,)


def test_one_consent_covers_all_that_its_proposal_names_and_one_thing_it_does_not() -> None:
    assert unconfirmed("Both.", BOTH, "Yes.", FIRST, SECOND) == ()
    assert unconfirmed("Both.", BOTH, "Yes.", SECOND, FIRST) == ()
    assert unconfirmed("Both.", BOTH, "Yes.", FIRST, SECOND, PROFILE) == (2,)
    vague = "I would cancel the order with the lamp and then change your default address. Shall I?"
    assert unconfirmed("Both.", vague, "Yes.", FIRST, PROFILE) == (1,)


def test_a_write_that_failed_may_be_made_again() -> None:
    vague = "I would cancel the order with the lamp. Shall I go ahead?"
    assert unconfirmed("Cancel it.", vague, "Yes.", (FIRST, True), FIRST) == ()
    assert unconfirmed("Cancel it.", vague, "Yes.", (FIRST, True), FIRST, FIRST) == (2,)


def test_arguments_that_are_no_object_and_tools_that_are_none_are_nobodys_fault() -> None:
    broken = ToolCall("1", "cancel_pending_order", "{")
    assert unconfirmed("Cancel it.", PROPOSAL, "Yes.", (broken, True), FIRST) == ()
    assert unconfirmed("Cancel it.", (broken, True), ToolCall("2", "nothing", {})) == (0,)


@cache
def world_of(domain: str) -> World:
    return get_domain(domain).world(29)


def held(task: Task, agent: Agent) -> Trajectory:
    return finished(run_episode(task, world_of(task.domain), agent, ScriptedUser(task)))


def drawn(domain: str, level: Level, index: int) -> Task | None:
    """A candidate, which may be one that nobody can solve."""
    return draw_task(get_domain(domain), world_of(domain), 1, index, 0, LEVELS[level])


def found_and_made(task: Task, agent: ClumsyOracle) -> tuple[set[int], set[int]]:
    """The messages with writes that were found, and those in which the agent made its mistakes."""
    played = held(task, agent)
    places = [place for place, message in enumerate(played.messages) for _ in message.calls]
    found = {places[position] for position in unconfirmed_writes(task.domain, played)}
    return found, {one.place for one in agent.committed}


LEVELLED = pytest.mark.parametrize(
    ("domain", "level"), [("retail", "normal"), ("retail", "hard"), ("airline", "normal"), ("airline", "hard")]
)


@LEVELLED
@given(index=st.integers(0, 10**6))
def test_the_oracle_is_never_accused(domain: str, level: Level, index: int) -> None:
    task = drawn(domain, level, index)
    if task is not None:
        assert unconfirmed_writes(domain, held(task, Oracle(domain, task.seed))) == ()


@LEVELLED
@given(index=st.integers(0, 10**6), share=st.sampled_from([0.2, 0.6, 1.0]))
def test_whoever_skips_the_question_is_found_out(domain: str, level: Level, index: int, share: float) -> None:
    task = drawn(domain, level, index)
    if task is not None:
        found, made = found_and_made(task, ClumsyOracle(task, world_of(domain), {"skips_consent": share}, task.seed))
        assert found == made


@pytest.mark.parametrize("domain", ["retail", "airline"])
def test_what_nobody_asked_for_was_hardly_ever_agreed_to(domain: str) -> None:
    hits = total = 0
    for index in range(60):
        task = drawn(domain, "normal", index)
        if task is not None:
            found, made = found_and_made(task, ClumsyOracle(task, world_of(domain), {"extra_writes": 1.0}, task.seed))
            assert found <= made
            hits, total = hits + len(found), total + len(made)
    assert total > 30
    assert hits >= 0.95 * total


@pytest.mark.parametrize("letters", [".", "-", " ", "a", "a.", "a@", "yes ", "\n"])
def test_a_runaway_message_is_read_to_its_end(letters: str) -> None:
    runaway = letters * (200_000 // len(letters))  # in the square of its length it would take hours
    assert unconfirmed("Cancel it.", f"{PROPOSAL} {runaway}", f"Yes.\n{runaway}", FIRST) == ()
    assert not list(EMAIL.finditer(runaway))


def test_e_mail_addresses_are_seen_wherever_they_stand() -> None:
    text = "(ann.lee+x@shop.example.com), bob_2@a-b.co. No: carl@nowhere, <dora@x.y>"
    assert EMAIL.findall(text) == ["ann.lee+x@shop.example.com", "bob_2@a-b.co", "dora@x.y"]
