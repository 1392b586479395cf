"""What is a fault and what is not, in the grammar's words and in anybody's."""

import pytest
from msgspec.structs import replace

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Audit, Kind
from cove_rl.audit.proposal import is_described
from cove_rl.domains.retail.constraints import ChangeUserAddress
from cove_rl.domains.retail.records import Order
from cove_rl.tasks.task import Persona, Task
from cove_rl.world.hint import Check, Hint, Request

from .cases import found, single, stop, tasks, world, written

CANCEL = single(lambda request: request.act == "cancel_order" and request.constraint.kind == "cancel_order")
(REQUEST,) = CANCEL.requests
ORDER: str = REQUEST.constraint.order_id  # type: ignore[attr-defined]
REASON = next(hint for hint in REQUEST.hints if hint.slot == "reason").form
WRONG = {"no longer needed": "ordered by mistake", "ordered by mistake": "no longer needed"}[REASON]
ASK = "Could you tell me your e-mail address, or your full name and zip code?"
WHY = "What is the reason for the cancellation?"
PROPOSAL = f"I would cancel order {ORDER} with the reason '{REASON}'. Shall I go ahead?"
BAD = f"I would cancel order {ORDER} with the reason '{WRONG}'. Shall I go ahead?"


def kinds(audit: Audit) -> set[Kind]:
    """The kinds that are certain."""
    return set(audit.faults)


def test_who_never_says_what_they_want_has_stopped_too_early() -> None:
    assert "stopped_unrevealed" in kinds(found(CANCEL, "Hello there.", ASK, stop()))


@pytest.mark.parametrize("text", ["I'd like to cancel an order.", "So there is that order I need cancelled, you see."])
def test_any_words_of_a_request_make_it_known(text: str) -> None:
    assert "stopped_unrevealed" not in kinds(found(CANCEL, text, ASK, stop()))


def test_a_request_that_is_not_mentioned_is_named() -> None:
    task = next(one for one in tasks() if len({request.act for request in one.requests}) == len(one.requests) > 1)
    other = replace(task, requests=task.requests[:1])
    first = other.requests[0].act
    assert first != task.requests[1].act
    (request,) = {
        finding.request
        for finding in found(task, f"I need help with {first.replace('_', ' ')}.", ASK, stop()).findings
        if finding.kind == "stopped_unrevealed" and finding.request == 1
    }
    assert request == 1


def test_stopping_at_a_question_or_a_proposal() -> None:
    opening = "I'd like to cancel an order."
    assert "stopped_at_question" in kinds(found(CANCEL, opening, WHY, stop()))
    assert "stopped_at_proposal" in kinds(found(CANCEL, opening, PROPOSAL, stop()))
    assert "stopped_at_proposal" in kinds(found(CANCEL, opening, PROPOSAL, stop("Yes, go ahead.")))
    assert "stopped_midway" in kinds(found(CANCEL, opening, "Let me check that for you.", stop()))


@pytest.mark.parametrize(
    "said", ["I'm sorry, that can't be done.", "I can't do that. Which order do you mean?", "All done. Anything else?"]
)
def test_who_is_refused_or_told_that_it_is_done_may_stop(said: str) -> None:
    assert kinds(found(CANCEL, "I'd like to cancel an order.", said, stop())) == set()


def test_agreeing_to_what_is_not_wanted_is_a_suspicion_until_it_is_written() -> None:
    audit = found(CANCEL, "I'd like to cancel an order.", BAD, "Yes, please.", "One moment.", "Okay.")
    (finding,) = audit.findings
    assert (finding.kind, finding.decidable) == ("confirmed_wrong", False)
    assert audit.faults == ()


@pytest.mark.parametrize("no", ["No, that's not right.", "No, not like that", "Hold on, that's wrong."])
def test_turning_down_what_is_wanted(no: str) -> None:
    assert kinds(found(CANCEL, "I'd like to cancel an order.", PROPOSAL, no)) == {"denied_right"}
    assert kinds(found(CANCEL, "I'd like to cancel an order.", BAD, no)) == set()
    unnamed = "I would cancel your order, #W0000000. Shall I go ahead?"
    assert kinds(found(CANCEL, "I'd like to cancel an order.", unnamed, no)) == set()


def test_an_order_sent_to_the_same_address_is_not_what_a_change_of_address_is_about() -> None:
    order = world().rows(Order)[ORDER]
    address = Hint("address", "full", check=Check(any=(order.address.address1,)))
    request = Request(ChangeUserAddress(order.user_id, order.address), "change_user_address", (address,))
    case = Case(CANCEL, world(), written(CANCEL, "Hello."))
    assert not is_described(case, request, ORDER, f"I would cancel order {ORDER}, to {order.address.address1}.")


def wrong_reason() -> str:
    """The other reason in the customer's words."""
    return {"no longer needed": "Because it's no longer needed."}.get(WRONG, "Because it was ordered by mistake.")


def test_a_wrong_fact_is_a_contradiction() -> None:
    assert kinds(found(CANCEL, "I'd like to cancel an order.", WHY, wrong_reason())) == {"contradicted"}
    assert kinds(found(CANCEL, "I'd like to cancel an order.", ASK, "It's somebody.else0999@example.com.")) >= {
        "contradicted"
    }


def test_a_wrong_fact_in_free_words_counts_where_it_answers_the_question() -> None:
    free = {
        "ordered by mistake": "Honestly it was a mistake of mine",
        "no longer needed": "Well it is no longer needed",
    }
    assert "contradicted" in kinds(found(CANCEL, "I'd like to cancel an order.", WHY, free[WRONG]))
    assert "contradicted" not in kinds(found(CANCEL, "I'd like to cancel an order.", ASK, free[WRONG]))
    assert "contradicted" not in kinds(found(CANCEL, "I'd like to cancel an order.", WHY, free[REASON]))


@pytest.mark.parametrize(
    "text", ["The weather is nice.", "The dog with a red collar and the cat.", "My name is on it."]
)
def test_what_merely_reads_like_a_description_contradicts_nothing(text: str) -> None:
    assert kinds(found(CANCEL, "I'd like to cancel an order.", "Hm?", text)) == set()


def test_ids_that_nobody_gave_are_leaked() -> None:
    opening = f"I'd like to cancel an order. It is {ORDER}."
    assert kinds(found(CANCEL, opening)) == {"leaked_id"}
    assert kinds(found(CANCEL, "I'd like to cancel an order. It is #W7777777.")) == {"leaked_id"}
    assert kinds(found(CANCEL, "I'd like to cancel an order.", f"Is it {ORDER}?", f"Yes, {ORDER}.")) == set()
    given = replace(REQUEST, hints=(Hint("order", "exact", {"id": ORDER}, exact=True), *REQUEST.hints[1:]))
    assert kinds(found(replace(CANCEL, requests=(given,)), opening)) == set()


def test_asking_for_something_else_is_an_invention() -> None:
    assert "invented_request" in kinds(found(CANCEL, "I'd like to return something."))
    assert "invented_request" not in kinds(found(CANCEL, "I'd like to cancel an order."))


def test_not_answering() -> None:
    opening = "I'd like to cancel an order."
    assert kinds(found(CANCEL, opening, WHY, "Okay, I'll wait.")) == {"ignored_question"}
    assert kinds(found(CANCEL, opening, "What is your shoe size?", "Okay, I'll wait.")) == set()
    assert kinds(found(CANCEL, opening, WHY, "I'd rather not be asked why, I just want it gone")) == set()


def everything(task: Task) -> str:
    """A message with all there is to say."""
    order = next(hint for hint in task.requests[0].hints if hint.slot == "order")
    parts = order.values["items"]
    assert isinstance(parts, tuple)
    named = " and ".join(" ".join(map(str, _flat(part))) for part in parts)
    because = {"no longer needed": "I no longer need it", "ordered by mistake": "I ordered it by mistake"}[REASON]
    who = " ".join(str(value) for value in task.identity[0].values.values())
    return f"Because {because}. Cancel my order with {named} for me, {who} is me"


def _flat(hint: Hint) -> list[str]:
    return [
        text for value in hint.values.values() for text in (value.values() if isinstance(value, dict) else [str(value)])
    ]


def test_telling_everything_at_once_is_a_fault_where_it_is_not_in_character() -> None:
    assert "told_all_at_once" in kinds(found(CANCEL, everything(CANCEL)))
    open_ = replace(CANCEL, persona=Persona(openness="open"))
    assert "told_all_at_once" not in kinds(found(open_, everything(CANCEL)))
    assert "told_all_at_once" not in kinds(found(CANCEL, "I'd like to cancel an order.", ASK, everything(CANCEL)))


def test_saying_the_same_again() -> None:
    values = [str(value) for value in CANCEL.identity[0].values.values()]
    said = f"It's {values[0]}." if len(values) == 1 else f"I'm {values[0]} {values[1]}, zip {values[2]}."
    opening = "I'd like to cancel an order."
    assert "repeated" in kinds(found(CANCEL, opening, ASK, said, WHY, said))
    assert "repeated" not in kinds(found(CANCEL, opening, ASK, said, "I can't find you. " + ASK, said))
    assert "repeated" not in kinds(found(CANCEL, opening, "One moment.", "Okay.", "Let me look.", "Okay."))
    free = "can you hear me at all"
    assert "repeated" in kinds(found(CANCEL, free, "One moment.", free, "Let me look.", free, "So.", free))
    assert "repeated" not in kinds(found(CANCEL, free, "One moment.", free))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "rubbish"),
        ("?!?", "rubbish"),
        ("#### ---- ,,,, ....", "rubbish"),
        ("no no no no no no no", "rubbish"),
        ("My e-mail is {email}.", "rubbish"),
        ("wrtz mnbv plkj ghtr", "rubbish"),
        ("How can I assist you today?", "spoke_as_agent"),
        ("I have cancelled your order for you.", "spoke_as_agent"),
        ("As a language model I have no orders.", "spoke_as_agent"),
        ('<tool_call>{"name": "x"}</tool_call>', "tool_syntax"),
        ("Then cancel_pending_order(order_id='1')", "tool_syntax"),
        ("<|im_start|>user", "tool_syntax"),
    ],
)
def test_manner(text: str, kind: Kind) -> None:
    assert kind in kinds(found(CANCEL, "I'd like to cancel an order.", "Hm?", text))


@pytest.mark.parametrize(
    "text",
    [
        "Can you help me with my order?",
        "I have cancelled the other one already myself.",
        "Is there anything else you need from me?",
        "Thanks for your help, you may go ahead and ask.",
        "Please use my gift_card_0123 (the old one).",
        "Hmm, brb, pls hold.",
        "¿Puede ayudarme con mi pedido, por favor?",
        "Мне нужно отменить заказ.",
        "注文をキャンセルしたいです。",
        "OK",
        "5 items, $12.50 each, 20% off: that was #1.",
    ],
)
def test_odd_but_human(text: str) -> None:
    audit = found(CANCEL, "I'd like to cancel an order.", "Hm?", text)
    assert kinds(audit) & {"rubbish", "spoke_as_agent", "tool_syntax", "repeated"} == set()
