"""Nobody is accused who did nothing wrong, whatever the agent does; and equal conversations get equal audits."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.agents.clumsy import CLAIM, REFUSAL, STALLING, ClumsyOracle
from cove_rl.agents.settings import MISTAKES, Mistake
from cove_rl.audit.audit import audit
from cove_rl.episode.episode import Limits
from cove_rl.episode.outcome import CULPRITS
from cove_rl.synth.planted import hold
from cove_rl.synth.tasks import finished, sample_task
from cove_rl.tasks.difficulty import LEVELS
from cove_rl.users.faults import Fault, FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import get_domain

from .cases import DOMAINS, Parrot, held, tasks, world

NUMBERS = st.integers(0, 59)

TEXTS = [
    CLAIM,
    REFUSAL,
    *STALLING,
    "",
    "Could you tell me your e-mail address, or your full name and zip code?",
    "Which order is it?",
    "What is the reason: no longer needed, or ordered by mistake?",
    "Which items would you like to return?",
    "Which payment method should be used?",
    "What address should it be?",
    "What is your favourite colour?",
    "I would cancel order #W0123456 with the reason 'no longer needed'. Shall I go ahead?",
    "I would cancel it, reason 'ordered by mistake', refund to your PayPal account. Is that correct?",
    "Which reservation do you mean, and which flights would you like instead?",
    "I couldn't tell which reservation that is. What is your user id?",
    "I would cancel reservation ABC123 because of 'weather', and refund $120 the way it was paid. Shall I go ahead?",
    "It can't be cancelled. I would take KIR001 on May 17 instead, at no extra cost. Do you want me to proceed?",
    "For the trouble with your trip I would send you a certificate of $100. Is that correct?",
    "Shall I go ahead?",
    "Your order has been cancelled.",
    "I can't do that. Which order do you mean?",
    "Unfortunately that is out of stock. Would you like me to return the item instead?",
    "One moment. Is there anything else?",
    "Thank you for waiting.",
    "I've found your account.",
]
"""What agents say, sensible or not."""


@pytest.mark.parametrize("domain", DOMAINS)
@given(number=NUMBERS)
def test_a_solved_task_has_no_faults_and_no_culprit(domain: str, number: int) -> None:
    task = tasks(domain)[number]
    result = audit(task, world(domain), held(task, ScriptedUser(task)))
    assert result.findings == ()
    assert result.outcome.culprit is None


@pytest.mark.parametrize("domain", DOMAINS)
@given(number=NUMBERS, texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12))
def test_whatever_an_agent_says_the_scripted_customer_is_not_accused(
    domain: str, number: int, texts: list[str]
) -> None:
    task = tasks(domain)[number]
    trajectory = held(task, ScriptedUser(task), Parrot(texts), Limits(12, 14))
    result = audit(task, world(domain), trajectory)
    assert [one for one in result.findings if one.decidable] == []
    assert result.outcome == trajectory.outcome


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("mistake", MISTAKES)
@given(number=NUMBERS)
@settings(max_examples=30)
def test_the_mistakes_of_agents_stay_theirs(domain: str, mistake: Mistake, number: int) -> None:
    task = tasks(domain)[number]
    trajectory = held(task, ScriptedUser(task), ClumsyOracle(task, world(domain), {mistake: 0.6}, task.seed))
    result = audit(task, world(domain), trajectory)
    assert [one for one in result.findings if one.decidable] == []
    assert result.outcome == trajectory.outcome


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("mistake", [None, "mishears", "stalls"])
def test_nor_are_customers_who_slip_ramble_and_ask_for_several_things_at_once(
    domain: str, mistake: Mistake | None
) -> None:
    for index in range(15):
        sampled = finished(sample_task(get_domain(domain), world(domain), 5, index, LEVELS["hard"]))
        dialogue = hold(sampled.solved.task, world(domain), FaultySettings(share=0.0), mistake)
        assert dialogue.audit.faults == (), dialogue.trajectory


@given(NUMBERS, st.integers(0, 1000))
def test_audits_are_the_same_every_time(number: int, seed: int) -> None:
    task = tasks()[number]
    fault: Fault = Random(seed).choice(get_args(Fault))
    trajectory = held(task, FaultyUser(task, FaultySettings(fault, 1.0, seed)))
    assert audit(task, world(), trajectory) == audit(task, world(), trajectory)


@given(NUMBERS, st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_nothing_that_is_said_breaks_it(number: int, texts: list[str]) -> None:
    class Babbler:
        name = "babbler"

        def __init__(self) -> None:
            self._parrot = Parrot(texts)

        async def reply(self, conversation: object) -> object:
            message = await self._parrot.act(())
            return type(message)("user", message.content)

    task = tasks()[number]
    trajectory = held(task, Babbler(), Parrot(texts[::-1]), Limits(6, 8))  # type: ignore[arg-type]
    result = audit(task, world(), trajectory)
    assert result.outcome.ending == trajectory.outcome.ending
    assert result.outcome.culprit in ("user", CULPRITS[trajectory.outcome.ending])
    places = [message.role for message in trajectory.messages]
    assert all(places[one.message] == "user" for one in result.findings)
