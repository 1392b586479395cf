"""The scripted customer tells everything, gives nothing away, and lets nothing wrong pass."""

import re
from collections.abc import Callable
from itertools import groupby, repeat
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.retail.constraints import (
    CancelOrder,
    ChangeOrderAddress,
    ChangePayment,
    ChangeUserAddress,
    ExchangeItems,
    ModifyItems,
    ReturnItems,
)
from cove_rl.domains.retail.oracle.wording import address_words, payment_words
from cove_rl.domains.retail.records import Order, Product, User
from cove_rl.episode.episode import STOP
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.tasks.task import Persona, Task, is_actionable
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.topic import Topic
from cove_rl.world.call import ToolCall
from cove_rl.world.hint import Hint, Request

from .stage import GRAMMAR, Talk, acts, allowed, tasks, with_request, world

LINES = read_yaml("speech.yaml")["customer"]
IDS = re.compile(r"#?W\d{7}\b|\b\d{10}\b|\b(?:credit_card|paypal|gift_card)_\d+|\b[a-z]+_[a-z]+_\d+")
QUESTIONS = {
    "identity": ["What is your e-mail address, or your name and zip code?", "Please provide your email address."],
    "order": ["Which order is this about?", "Could you give me the order ID?", "What is the order number?"],
    "reason": ["Why would you like to cancel?", "What is the reason for the cancellation?"],
    "items": ["Which items would you like to return?", "Please list the items you want to send back."],
    "changes": ["Which items do you want to exchange, and for which options?", "What would you like instead?"],
    "payment": ["Which payment method should I use?", "How would you like to be refunded?"],
    "address": ["What is the new address?", "Where should it be delivered?"],
}
CONSENT = ["Shall I go ahead?", "Do you confirm (yes/no)?", "Is that correct?", "Please reply **yes** to confirm."]
POOL = [
    *(text for texts in QUESTIONS.values() for text in texts),
    *CONSENT,
    "Is there anything else I can help you with?",
    "I'm sorry, that isn't possible.",
    "Your order has been cancelled.",
    "I would cancel your order. Shall I go ahead?",
    "I would return the Tent to your PayPal account. Is that correct?",
    "One moment, please.",
    "Sure!",
    "",
    "  \n ",
    "¿Qué? 🙂 \x00",
    "#W1234567 1234567890 credit_card_1234567",
]
TASKS = st.sampled_from(tasks())


def hints_of(task: Task) -> list[Hint]:
    """Every hint of a task, those inside of others as well."""

    def inside(hint: Hint) -> list[Hint]:
        parts = [part for value in hint.values.values() if isinstance(value, tuple) for part in value]
        return [hint, *(one for part in parts for one in inside(part))]

    return [one for hint in (*task.identity, *(h for r in task.requests for h in r.hints)) for one in inside(hint)]


@given(TASKS, st.lists(st.sampled_from(POOL), max_size=12))
def test_no_id_is_said_that_was_not_given(task: Task, texts: list[str]) -> None:
    known = {str(value) for hint in hints_of(task) if hint.exact for value in hint.values.values()}
    for text in Talk(task).play(texts).said:
        assert set(IDS.findall(text)) <= known, text


@pytest.mark.parametrize("slot", [slot for slot in QUESTIONS if slot != "identity"])
def test_every_element_is_told_when_it_is_asked_for(slot: str) -> None:
    found = with_request(lambda request: any(hint.slot == slot for hint in request.hints))[:25]
    assert len(found) == 25
    for task in found:
        (meant,) = (hint for hint in task.requests[0].hints if hint.slot == slot)
        for question in QUESTIONS[slot]:
            talk = Talk(task).play([QUESTIONS["identity"][0], question])
            told = [heard.hints[slot] for heard in talk.heard() if slot in heard.hints]
            assert [hint.form for hint in told] == [meant.form], (question, talk.last)


@given(TASKS)
def test_who_they_are_is_told_when_it_is_asked_for(task: Task) -> None:
    for question in QUESTIONS["identity"]:
        talk = Talk(task).play([question])
        assert [heard.hints["identity"].form for heard in talk.heard()] == [task.identity[0].form]


@given(TASKS, st.lists(st.sampled_from([*POOL, "copy"]), max_size=40))
@settings(max_examples=200)
def test_nobody_hangs_up_before_everything_was_told(task: Task, texts: list[str]) -> None:
    talk = Talk(task)
    for text in texts:
        if talk.over:
            break
        talk.say(talk.last if text == "copy" else text)
    assert all(STOP not in text for text in talk.said[:-1])
    assert talk.last.count(STOP) <= 1
    if talk.over:
        assert talk.last.endswith(STOP)
        told = iter(acts(talk.said))
        wanted = [act for act, _ in groupby(request.act for request in task.requests)]
        assert all(act in told for act in wanted), (wanted, talk.said)


@pytest.mark.parametrize(
    "text", ["Is there anything else?", "Done.", "I'm sorry, I can't do that.", "Yes, and what else can I do?"]
)
def test_a_stubborn_agent_hears_everything_and_then_the_end(text: str) -> None:
    for task in tasks()[:60]:
        talk = Talk(task).play(repeat(text, 3 * len(task.requests)))
        assert talk.over
        wanted = [act for act, _ in groupby(request.act for request in task.requests)]
        assert acts(talk.said) == wanted


@given(TASKS, st.lists(st.sampled_from(["", "  ", "\n"]), min_size=1, max_size=12))
def test_silence_is_no_reason_to_hang_up(task: Task, texts: list[str]) -> None:
    talk = Talk(task).play(texts)
    assert not talk.over
    assert any(line in talk.last for line in LINES["silence"])


@given(TASKS, st.lists(st.sampled_from(POOL) | st.text(max_size=60), max_size=15))
def test_the_same_words_get_the_same_answers(task: Task, texts: list[str]) -> None:
    assert Talk(task).play(texts).said == Talk(task).play(texts).said


@given(TASKS, st.lists(st.sampled_from(POOL), min_size=1, max_size=8))
def test_calls_and_their_results_are_none_of_the_customers_business(task: Task, texts: list[str]) -> None:
    """Were a customer to look at them, an agent could talk to it behind the conversation's back."""
    secret = [
        Message("assistant", "Shall I go ahead?", calls=(ToolCall("1", "x", {}),)),
        Message("tool", "Is there anything else? #W1", call_id="1"),
    ]
    plain, noisy = Talk(task), Talk(task)
    for text in texts:
        if plain.over:
            break
        noisy.messages.extend(secret)
        assert noisy.say(text) == plain.say(text)


def items_of(ids: tuple[str, ...], order: Order) -> str:
    names = {item.item_id: item.name for item in order.items}
    return " and ".join(f"the {names[item_id]} (item {item_id})" for item_id in ids)


def swaps_of(goal: ModifyItems | ExchangeItems, order: Order) -> str:
    products = {item.item_id: item for item in order.items}
    parts = []
    for old, new in zip(goal.item_ids, goal.new_item_ids, strict=True):
        options = world().rows(Product)[products[old].product_id].variants[new].options
        parts.append(
            f"the {products[old].name} ({old}) to {', '.join(f'{k}: {v}' for k, v in options.items())} ({new})"
        )
    return " and ".join(parts)


def proposal(request: Request) -> str:
    """What a good agent would say it is about to do, with ids."""
    goal = request.constraint
    if isinstance(goal, ChangeUserAddress):
        return f"I will set the default address of {goal.user_id} to {address_words(goal.address)}."
    order = world().rows(Order)[str(getattr(goal, "order_id", ""))]
    methods = world().rows(User)[order.user_id].payment_methods
    way = payment_words(methods[goal.payment_method_id]) if hasattr(goal, "payment_method_id") else ""
    match goal:
        case CancelOrder():
            return f"I will cancel order {order.order_id}, the reason being '{goal.reason}'."
        case ReturnItems():
            return f"I will return {items_of(goal.item_ids, order)} of {order.order_id} and refund {way}."
        case ModifyItems() | ExchangeItems():
            return f"In order {order.order_id} I will change {swaps_of(goal, order)}, and settle it with {way}."
        case ChangePayment():
            return f"I will charge order {order.order_id} to {way} ({goal.payment_method_id}) from now on."
        case ChangeOrderAddress():
            return f"Order {order.order_id} will be shipped to {address_words(goal.address)}."
    raise AssertionError(f"{goal.kind} is not to be proposed")


@pytest.mark.parametrize("consent", CONSENT)
def test_a_right_proposal_is_agreed_to_however_it_is_worded(consent: str) -> None:
    found = with_request(allowed)
    assert {task.requests[0].constraint.kind for task in found} == {
        "cancel_order", "modify_items", "change_payment", "change_order_address", "return_items", "exchange_items",
        "change_user_address",
    }  # fmt: skip
    for task in found:
        talk = Talk(task).play([f"{proposal(task.requests[0])} {consent}"])
        assert [heard.act for heard in talk.heard()] == ["yes"], talk.messages[-2:]
        talk.say("That has been done. Is there anything else?")
        assert talk.over == (len(task.requests) == 1)


def other_reason(task: Task) -> Request | None:
    goal = task.requests[0].constraint
    if not isinstance(goal, CancelOrder):
        return None
    reason = "no longer needed" if goal.reason == "ordered by mistake" else "ordered by mistake"
    return replace(task.requests[0], constraint=replace(goal, reason=reason))


def other_payment(task: Task) -> Request | None:
    goal = task.requests[0].constraint
    if not isinstance(goal, ReturnItems | ModifyItems | ExchangeItems | ChangePayment):
        return None
    methods = world().rows(User)[world().rows(Order)[goal.order_id].user_id].payment_methods
    words = payment_words(methods[goal.payment_method_id])
    others = [key for key, method in methods.items() if payment_words(method) != words]
    return replace(task.requests[0], constraint=replace(goal, payment_method_id=others[0])) if others else None


def other_address(task: Task) -> Request | None:
    goal = task.requests[0].constraint
    if not isinstance(goal, ChangeOrderAddress | ChangeUserAddress):
        return None
    user = goal.user_id if isinstance(goal, ChangeUserAddress) else world().rows(Order)[goal.order_id].user_id
    places = [world().rows(User)[user].address, *(o.address for o in world().rows(Order).values() if o.user_id == user)]
    others = [place for place in places if place.address1 != goal.address.address1]
    return replace(task.requests[0], constraint=replace(goal, address=others[0])) if others else None


def other_item(task: Task) -> Request | None:
    """Return one more item: one that was not named, not even to describe the order."""
    goal = task.requests[0].constraint
    if not isinstance(goal, ReturnItems):
        return None
    named = {value for hint in hints_of(task) for value in hint.values.values() if isinstance(value, str)}
    others = [item.item_id for item in world().rows(Order)[goal.order_id].items if item.name not in named]
    item_ids = (*goal.item_ids[1:], *others[:1])
    return replace(task.requests[0], constraint=replace(goal, item_ids=item_ids)) if others else None


def missing_item(task: Task) -> Request | None:
    goal = task.requests[0].constraint
    if not isinstance(goal, ReturnItems | ExchangeItems | ModifyItems) or len(goal.item_ids) < 2:
        return None
    names = {item.item_id: item.name for item in world().rows(Order)[goal.order_id].items}
    if names[goal.item_ids[0]] in [names[item_id] for item_id in goal.item_ids[1:]]:
        return None
    less = replace(goal, item_ids=goal.item_ids[1:])
    if not isinstance(less, ReturnItems):
        less = replace(less, new_item_ids=less.new_item_ids[1:])
    return replace(task.requests[0], constraint=less)


def other_variant(task: Task) -> Request | None:
    """Change an item to a variant that has none of the values that were asked for."""
    goal = task.requests[0].constraint
    if not isinstance(goal, ExchangeItems | ModifyItems) or len(goal.item_ids) != 1:
        return None
    order = world().rows(Order)[goal.order_id]
    (item,) = (one for one in order.items if one.item_id == goal.item_ids[0])
    variants = world().rows(Product)[item.product_id].variants
    wanted = variants[goal.new_item_ids[0]].options
    changed = [name for name, value in wanted.items() if item.options[name] != value]
    asked = {wanted[name] for name in changed}
    known = {*asked, *item.options.values()}
    strange = [
        one.item_id
        for one in variants.values()
        if not asked.intersection(one.options.values()) and any(one.options[name] not in known for name in changed)
    ]
    return replace(task.requests[0], constraint=replace(goal, new_item_ids=(strange[0],))) if strange else None


def other_action(task: Task) -> Request | None:
    """Cancel the order, where something else was wanted of it."""
    goal = task.requests[0].constraint
    if isinstance(goal, CancelOrder):
        return None
    order_id = getattr(goal, "order_id", next(iter(world().rows(Order))))
    return replace(task.requests[0], constraint=CancelOrder(order_id, "no longer needed"))


WRONGS = [other_reason, other_payment, other_address, other_item, missing_item, other_variant, other_action]


@pytest.mark.parametrize("spoil", WRONGS)
def test_a_wrong_proposal_is_corrected(spoil: Callable[[Task], Request | None]) -> None:
    spoiled = [(task, wrong) for task in with_request(allowed) if (wrong := spoil(task)) is not None]
    assert len(spoiled) >= 5
    for task, wrong in spoiled:
        for consent in CONSENT:
            talk = Talk(task).play([f"{proposal(wrong)} {consent}"])
            request = task.requests[0]
            no, *rest = talk.heard()
            assert no.act == "no", (talk.messages[-2].content, task.requests[0])
            assert rest[0].act == request.act
            assert {slot for heard in rest for slot in heard.hints} == {hint.slot for hint in request.hints}


def line(key: str, text: str) -> bool:
    """Whether the text has a line of that kind."""
    return any(one in text for one in LINES[key])


def test_a_refusal_of_what_is_forbidden_is_accepted() -> None:
    found = with_request(lambda request: not allowed(request))
    assert len({task.requests[0].constraint.kind for task in found}) == 6
    for task in found:
        talk = Talk(task).play(["I'm sorry, that isn't possible."])
        assert line("accept", talk.last)
        assert talk.over == (len(task.requests) == 1)


def test_another_offer_in_place_of_what_is_forbidden_is_turned_down() -> None:
    """The goal is what was asked for: a customer who lets the agent talk them into something else would spoil it."""
    for task in with_request(lambda request: not is_actionable(request.constraint)):
        for offer in ("I can refund your gift card instead. Shall I do that?", "Is a different one alright? (yes/no)"):
            talk = Talk(task).play([f"Unfortunately I can't do that. {offer}"])
            assert line("accept", talk.last)
            assert "yes" not in [heard.act for heard in talk.heard()]


def test_a_refusal_with_the_same_question_again_ends_a_forbidden_request() -> None:
    for task in with_request(lambda request: request.constraint.kind in ("refuse_refund", "refuse_gift_card")):
        text = "I cannot use that. Which other payment method would you like?"
        talk = Talk(task).play([text, text])
        assert any(line("accept", said) for said in talk.said)


def test_a_human_is_welcome_where_only_a_human_can_help() -> None:
    found = with_request(lambda request: request.constraint.transfer)
    assert found
    for task in found:
        talk = Talk(task).play(["I can't do that myself, but I can transfer you to a human agent. Shall I?"])
        assert [heard.act for heard in talk.heard()] == ["yes"]


def test_a_refusal_of_what_is_allowed_is_contradicted_once() -> None:
    for task in with_request(allowed):
        talk = Talk(task).play(["I'm sorry, that isn't possible."])
        assert line("insist", talk.last)
        assert {s for heard in talk.heard() for s in heard.hints} == {hint.slot for hint in task.requests[0].hints}
        talk.say("I'm sorry, that isn't possible.")
        assert not line("insist", talk.last) or len(task.requests) > 1
        assert talk.over == (len(task.requests) == 1)


def test_who_waits_does_not_hang_up() -> None:
    """Agents announce what they are about to do; hanging up then would leave it undone."""
    for task in with_request(allowed):
        talk = Talk(task).play([f"{proposal(task.requests[0])} Shall I go ahead?", "One moment, please."])
        assert not talk.over
        assert line("waiting", talk.last)


def test_an_answer_says_that_an_id_is_not_known() -> None:
    found = with_request(lambda request: any(h.slot == "order" and not h.exact for h in request.hints))
    for task in found[:50]:
        assert line("forgot", Talk(task).say("What is the order number?"))
        assert not line("forgot", Talk(task).say("Which order is it?"))


def test_customers_rarely_sound_alike() -> None:
    some = tasks(320)[:300]
    assert len(some) == 300
    openings = {Talk(task).last for task in some}
    assert len(openings) > 0.9 * len(some)


def test_one_request_is_worded_in_many_ways() -> None:
    task = replace(tasks()[0], persona=Persona(openness="open"))
    assert len({Talk(replace(task, seed=str(seed))).last for seed in range(100)}) > 40


@pytest.mark.parametrize(("verbosity", "least", "most"), [("terse", 0, 0), ("normal", 20, 120), ("chatty", 120, 200)])
def test_remarks_come_as_often_as_the_customer_is_talkative(verbosity: str, least: int, most: int) -> None:
    remarks = read_yaml("speech.yaml")["moods"]["hurried"]["before"]
    talks = [Talk(replace(tasks()[0], persona=Persona("hurried", verbosity), seed=str(seed))) for seed in range(200)]  # type: ignore[arg-type]
    assert least <= sum(any(remark in talk.last for remark in remarks) for talk in talks) <= most


def test_open_customers_tell_everything_at_once_and_reserved_ones_do_not() -> None:
    def told(openness: str) -> int:
        talks = [Talk(replace(task, persona=Persona(openness=openness))) for task in tasks()[:60]]  # type: ignore[arg-type]
        return sum(len(heard.hints) for talk in talks for heard in talk.heard())

    assert told("open") == sum(len(task.requests[0].hints) for task in tasks()[:60])
    assert told("reserved") < told("normal") < told("open")


def test_every_subset_of_what_is_known_can_be_told() -> None:
    """A customer may tell any of a request's hints at first; all of them must come out, and no others."""
    for act, slots in sorted({(r.act, tuple(h.slot for h in r.hints)) for task in tasks(400) for r in task.requests}):
        assert frozenset() in GRAMMAR.shapes_of(act)
        for slot in slots:
            assert frozenset({slot}) in GRAMMAR.shapes_of("inform"), (act, slot)
    user = ScriptedUser(tasks()[0])
    for task in tasks(400)[:150]:
        for number, request in enumerate(task.requests):
            chosen = {hint.slot for hint in request.hints if Random(f"{task.id} {hint.slot}").random() < 0.5}
            heard = GRAMMAR.hear(" ".join(sentence.text for sentence in user._tell(Topic(number, request), chosen)))
            assert heard[0].act == request.act
            assert {slot for one in heard for slot in one.hints} == chosen
