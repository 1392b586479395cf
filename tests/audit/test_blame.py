"""A fault excuses the agent only if it could have changed the verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.settings import MISTAKES
from cove_rl.audit.audit import audit
from cove_rl.audit.blame import TOUCHES
from cove_rl.audit.finding import KINDS, MEANINGS
from cove_rl.episode.outcome import CULPRITS, Ending, outcome_of
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall

from .cases import found, held, single, solving, stop, tasks, world, written

CANCEL = single(lambda request: request.constraint.kind == "cancel_order")
ORDER: str = CANCEL.requests[0].constraint.order_id  # type: ignore[attr-defined]
RIGHT = solving(CANCEL)
WRITE = next(call for call in RIGHT if call.name == "cancel_pending_order")
reason = {"no longer needed": "ordered by mistake", "ordered by mistake": "no longer needed"}
OTHER = replace(WRITE, arguments={**WRITE.arguments, "reason": reason[WRITE.arguments["reason"]]})  # type: ignore[dict-item, index]
ASK = "Could you tell me your e-mail address, or your full name and zip code?"
WHY = "What is the reason for the cancellation?"
OPENING = "I'd like to cancel an order."


def test_every_kind_has_a_meaning_and_a_rule() -> None:
    assert set(KINDS) == MEANINGS.keys() == TOUCHES.keys()


def test_stopping_too_early_excuses() -> None:
    result = found(CANCEL, OPENING, WHY, stop())
    assert result.outcome.culprit == "user"
    assert result.outcome.ending == "user_stop"
    assert result.outcome.detail.startswith("stopped_at_question, message 3: ")
    assert not result.outcome.scores


def test_who_did_everything_right_needs_no_excuse() -> None:
    result = found(CANCEL, OPENING, *RIGHT, WHY, stop())
    assert result.outcome.culprit is None
    late = found(CANCEL, "Hello.", *RIGHT, "Done.", stop())
    assert late.faults == ("stopped_unrevealed",)
    assert late.outcome.culprit is None


def test_what_was_spoilt_before_the_fault_is_the_agents() -> None:
    """The same fault, before and after a write that nobody asked for."""
    before = found(CANCEL, OPENING, OTHER, WHY, stop())
    assert before.faults == ("stopped_at_question",)
    assert before.outcome.culprit is None
    lied = {"no longer needed": "I ordered it by mistake", "ordered by mistake": "I no longer need it"}
    said = f"Because {lied[WRITE.arguments['reason']]}."  # type: ignore[index]
    after = found(CANCEL, OPENING, WHY, said, OTHER, "Done. Anything else?", stop())
    assert after.faults == ("contradicted",)
    assert after.outcome.culprit == "user"


def test_harmless_faults_excuse_nobody() -> None:
    """Telling the agent what it may use makes it easier."""
    result = found(CANCEL, f"{OPENING} It is {ORDER}.", "I'm sorry, that can't be done.", stop())
    assert result.faults == ("leaked_id",)
    assert result.outcome.culprit is None


def test_misleading_ids_excuse() -> None:
    other = next(key for rows in world().tables.values() if ORDER in rows for key in rows if key != ORDER)
    result = found(CANCEL, f"{OPENING} It is {other}.", "I'm sorry, that can't be done.", stop())
    assert result.outcome.culprit == "user"


def test_an_invention_excuses_only_what_was_done_for_it() -> None:
    opening = f"{OPENING} I'd like to return something."
    refused = found(CANCEL, opening, "I'm sorry, that can't be done.", stop())
    assert refused.faults == ("invented_request",)
    assert refused.outcome.culprit is None
    done = found(CANCEL, opening, OTHER, "All done. Anything else?", stop())
    assert done.outcome.culprit == "user"


def test_a_fault_about_one_request_does_not_excuse_another() -> None:
    """What was said wrong of a request that is met changed nothing."""
    reasons = {"no longer needed": "I ordered it by mistake", "ordered by mistake": "I no longer need it"}
    said = f"Because {reasons[WRITE.arguments['reason']]}."  # type: ignore[index]
    other = next(one for one in tasks() for request in one.requests if request.act == "change_user_address")
    address = next(request for request in other.requests if request.act == "change_user_address")
    both = replace(CANCEL, requests=(*CANCEL.requests, address))
    result = found(both, OPENING, WHY, said, *RIGHT, "Done.", "I've moved and my profile still has the old address.",
                   "I'm sorry, that can't be done.", stop())  # fmt: skip
    assert "contradicted" in result.faults
    assert result.outcome.culprit is None


@pytest.mark.parametrize("ending", [one for one, culprit in CULPRITS.items() if not outcome_of(one).scores])
def test_what_does_not_score_stays_as_it_is(ending: Ending) -> None:
    result = found(CANCEL, OPENING, WHY, stop(), ending=ending)
    assert result.findings
    assert result.outcome == outcome_of(ending)


def test_a_suspicion_excuses_nobody() -> None:
    wrong = reason[WRITE.arguments["reason"]]  # type: ignore[index]
    proposal = f"I would cancel order {ORDER} with the reason '{wrong}'. Shall I go ahead?"
    result = found(CANCEL, OPENING, proposal, "Yes, please.", "I'm sorry, that can't be done.", stop())
    assert [one.decidable for one in result.findings] == [False]
    assert result.outcome.culprit is None


def test_agreeing_to_what_is_then_written_excuses() -> None:
    wrong = reason[WRITE.arguments["reason"]]  # type: ignore[index]
    proposal = f"I would cancel order {ORDER} with the reason '{wrong}'. Shall I go ahead?"
    result = found(CANCEL, OPENING, proposal, "Yes, please.", OTHER, "Done. Anything else?", stop())
    assert result.faults == ("confirmed_wrong",)
    assert result.outcome.culprit == "user"


@given(st.integers(0, 59), st.integers(0, 10**6), st.sampled_from(["stops_early", "contradicted", "denied_right"]))
def test_the_culprit_is_never_the_user_where_the_agent_succeeded_or_the_user_did_no_wrong(
    number: int, seed: int, fault: str
) -> None:
    task = tasks()[number]
    user = FaultyUser(task, FaultySettings(fault, 0.7, seed))  # type: ignore[arg-type]
    agent = ClumsyOracle(task, world(), {MISTAKES[seed % len(MISTAKES)]: 0.3}, str(seed))
    trajectory = held(task, user, agent)
    result = audit(task, world(), trajectory)
    if result.outcome.culprit == "user":
        assert user.planted
        assert not verify(task, world(), trajectory.calls()).success
        assert result.outcome.detail


@given(st.integers(0, 59), st.integers(0, 10**6))
def test_with_an_agent_that_makes_no_mistakes_every_failure_is_the_customers(number: int, seed: int) -> None:
    """So no reward below 1 is the agent's when it was the customer who stopped."""
    task = tasks()[number]
    trajectory = held(task, FaultyUser(task, FaultySettings("stops_early", 1.0, seed)))
    success = verify(task, world(), trajectory.calls()).success
    assert (audit(task, world(), trajectory).outcome.culprit == "user") == (not success)


def test_calls_of_no_tool_and_texts_beside_calls_do_no_harm() -> None:
    odd = ToolCall("odd", "", "{")
    trajectory = written(CANCEL, OPENING, odd, WHY, stop())
    assert audit(CANCEL, world(), trajectory).outcome.culprit == "user"
