"""A customer takes what agents write for what a person would take it for."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.speech import speech_of
from cove_rl.users import listening
from cove_rl.users.listening import LONGEST, AgentSaid, differs, ear_of
from cove_rl.world.hint import Check

EAR = ear_of("retail")

QUESTIONS = [
    ("To get started, could you please provide the email address on your account?", "identity"),
    ("I'd be glad to help! First I need to verify who you are. What is your email address?", "identity"),
    ("Before I look into this, may I have your full name and zip code?", "identity"),
    ("Please share your e-mail address so that I can locate your account.", "identity"),
    ("Thanks for reaching out.\n\nCan you give me either:\n- your email, or\n- your name and ZIP code?", "identity"),
    ("No problem at all. Kindly provide the email you registered with.", "identity"),
    ("I'll need your email address, or your first name, last name and zip code, to find your profile.", "identity"),
    ("I could not find an account under that email. Could you check the spelling, or give me your name?", "identity"),
    ("Can you confirm your email address for me?", "identity"),
    ("And what would your postal code be?", "identity"),
    ("Could you please provide the order ID?", "order"),
    ("Thank you, Mei! Which order would you like to cancel?", "order"),
    ("What is the order number, please?", "order"),
    ("I see three pending orders on your account. Which one do you mean?", "order"),
    ("Do you happen to have the order number?", "order"),
    ("Please tell me which order this concerns.", "order"),
    ("Let me know the order number and I'll take a look.", "order"),
    ("In which order was the Toaster?", "order"),
    ("Is it order #W1234567 or order #W7654321?", "order"),
    ("Could you describe what was in it?", "order"),
    ("Please specify the order you're referring to.", "order"),
    ("What's the reason for cancelling: no longer needed, or ordered by mistake?", "reason"),
    ("May I ask why you'd like to cancel?", "reason"),
    ("Please let me know the reason for the cancellation.", "reason"),
    ("Is it no longer needed, or was it ordered by mistake?", "reason"),
    ("I need a reason for the cancellation. It can be 'no longer needed' or 'ordered by mistake'.", "reason"),
    ("Which items would you like to return?", "items"),
    ("Please list the items you want to send back.", "items"),
    ("Do you want to return everything, or just some of the items?", "items"),
    ("Which product do you want to swap, and what would you like in its place?", "items"),
    ("What color and size would you prefer for the new one?", "items"),
    ("Could you tell me which options the replacement should have?", "items"),
    ("Please provide the item IDs of the products to exchange.", "items"),
    ("Which variant would you like instead?", "items"),
    ("How would you like to be refunded?", "payment"),
    ("Which payment method should I use for the price difference?", "payment"),
    ("Would you like the refund on your original payment method or on a gift card?", "payment"),
    ("Should the difference go to your PayPal account or to your Visa card?", "payment"),
    ("Where should we send the refund?", "payment"),
    ("Please choose one of these payment methods:\n1. PayPal\n2. Gift card\n3. Visa ending in 1234", "payment"),
    ("How would you like to pay the difference of $12.30?", "payment"),
    ("Let me know your preferred payment method.", "payment"),
    ("Do you want to use the gift card or the credit card?", "payment"),
    ("What is the new address?", "address"),
    ("Please provide the full shipping address, with street, city, state and zip code.", "address"),
    ("Where would you like it delivered?", "address"),
    ("Where should the order be shipped to?", "address"),
    ("Could you give me the complete address, including the apartment number and the zip code?", "address"),
    ("Should I use your default address, or a different one?", "address"),
    ("Which order is it, and why do you want to cancel it?", "order reason"),
    (
        "I'll need two things:\n1. Which items do you want to return?\n2. Which payment method should be refunded?",
        "items payment",
    ),
    ("Which order is it, and which payment method would you like to use instead?", "order payment"),
    ("Could you tell me the order number? I can't cancel it without that.", "order refused"),
]
PROPOSALS = [
    ("I'll cancel order #W1234567 with the reason 'no longer needed'. Do you confirm (yes/no)?", "offer"),
    ("Please confirm that you'd like to return the Toaster to your gift card.", "offer"),
    ("Would you like me to go ahead with the exchange?", "offer"),
    ("Shall I proceed?", "offer"),
    (
        "Here is what I have:\n\n- **Order:** #W1234567\n- **Item:** Tent\n- **Refund:** PayPal\n\nIs this correct?",
        "offer",
    ),
    ("Please reply **yes** to confirm, or **no** to cancel.", "offer"),
    ("Do you want me to switch the payment method of this order to PayPal?", "offer"),
    ("Are you sure you want to cancel the order?", "offer"),
    ("If everything looks right, say yes and I'll submit the return.", "offer"),
    ("Just to double-check: your order would go to 12 Elm Street, Apt 4, Troy, NY 12180. Okay?", "offer"),
    ("The price difference of $12.30 will be charged to your PayPal account. Does that work for you?", "offer"),
    ("Can I go ahead and update the address on your profile?", "offer"),
    ("May I proceed with the cancellation and refund $20.00 to your original payment method?", "offer"),
    ("Do you agree to these changes?", "offer"),
    ("To confirm, you want to return the Kayak from order #W1234567, with the refund to your Visa card?", "offer"),
    ("Please note that items can be exchanged only once per order. Would you like to proceed?", "offer"),
    ("This can't be undone afterwards. Should I continue?", "offer"),
    ("Once confirmed, the refund takes 5 to 7 business days. Do I have your permission to proceed?", "offer"),
    ("Could you please confirm the details above before I submit the request?", "offer"),
    ("I can return the Tent and refund your gift card at once. Would that be alright?", "offer"),
    ("I need your confirmation before I make this change: the new address is 5 Oak Lane. (yes/no)", "offer"),
    (
        "I will modify the order as follows:\n1. Tent: color red\n2. Kayak: color blue\n\nType 'yes' if you agree.",
        "offer",
    ),
    ("Ready for me to submit this?", "offer"),
    ("Let me know if I should go ahead.", "offer"),
    ("After that, the order can't be changed again. Is that okay with you?", "offer"),
    ("Would you like me to transfer you to a human agent?", "offer"),
]
REFUSALS = [
    ("Unfortunately, this order has already been delivered and cannot be cancelled.", "refused"),
    ("I'm sorry, but the order is already on its way.", "refused"),
    ("I'm afraid that is against our policy.", "refused"),
    ("I am unable to process a refund to that card.", "refused"),
    ("That isn't possible, since the gift card does not have enough balance.", "refused"),
    ("Only pending orders can be cancelled, and this one is delivered.", "refused"),
    ("Our policy doesn't allow refunds to a different card.", "refused"),
    ("The Tent in red is out of stock at the moment.", "refused"),
    ("I can not access orders that belong to someone else.", "refused"),
    ("It's not eligible for a return, as a return was requested before.", "refused"),
    ("I won't be able to change the address after it has shipped.", "refused"),
    ("Refunds can only go to the original payment method or a gift card.", "refused"),
    ("I apologize, but an order with this status no longer allows changes.", "refused"),
    ("I must decline this request.", "refused"),
    ("I cannot refund that card, but I can refund a gift card. Would you like me to do that?", "refused offer"),
    ("That color isn't available. Which other color would you like?", "refused items"),
    ("I'm sorry, that can't be done. Is there anything else I can help you with?", "refused more"),
]
REPORTS = [
    ("Your order has been cancelled successfully.", "done"),
    ("Done! The refund of $20.00 is on its way to your gift card.", "done"),
    ("I've updated the shipping address. Is there anything else I can help you with today?", "done more"),
    ("All set! You'll receive an email with return instructions shortly.", "done"),
    ("The exchange was submitted. An e-mail with a label will be sent to you soon.", "done"),
    ("Great news: the payment method is now changed to PayPal.", "done"),
    ("I have cancelled the order and refunded $20.00 to your card. What else can I do for you?", "done more"),
    ("Your return request is complete. Please let me know if you have any other questions!", "done more"),
    ("I can confirm that your default address has now been updated.", "done"),
    (
        "The items were exchanged. You'll get an e-mail once the new ones ship; let me know if it doesn't arrive.",
        "done",
    ),
    ("I have successfully processed your return.\n\n**Refund:** $35.00 to PayPal\n\nHave a wonderful day!", "done"),
    ("The order is cancelled, and your refund will take 5 to 7 business days.", "done"),
]
CLOSINGS = [
    ("Is there anything else I can help you with?", "more"),
    ("Anything else?", "more"),
    ("Do you have any other questions?", "more"),
    ("If you need further assistance, just let me know.", "more"),
    ("What else can I do for you today?", "more"),
    ("Hi! How can I help you today?", "more"),
    ("Hello and welcome! How may I assist you?", "more"),
    ("Can I help with anything more?", "more"),
    ("Feel free to reach out if there is something else.", "more"),
]
NOTHING = [
    ("One moment, please.", ""),
    ("Let me look that up for you.", ""),
    ("I've found your account, Mei. Thank you!", ""),
    ("Thank you, your identity has been verified.", ""),
    ("I'm sorry to hear that.", ""),
    ("I'm so sorry for the trouble this has caused you!", ""),
    ("You will receive an e-mail with the details.", ""),
    ("I've checked your orders and am looking at the items now.", ""),
    ("Sure, I'd be happy to help you with that return!", ""),
    ("Refunds usually take 5 to 7 business days once the return has been processed.", ""),
    ("I'll now proceed with the cancellation.", ""),
    ("Thank you for confirming.", ""),
    ("Your order #W1234567 contains a Tent ($120.00) and a Kayak ($340.00).", ""),
    ("I have located the order. It was delivered on Monday.", ""),
]
TABLE = [*QUESTIONS, *PROPOSALS, *REFUSALS, *REPORTS, *CLOSINGS, *NOTHING]


def reading(said: AgentSaid) -> set[str]:
    """What was heard, as the words of the table; which items and which changes are one question."""
    flags = {"offer": said.offers, "more": said.more, "refused": said.refused, "done": said.done}
    slots = {"items" if slot == "changes" else slot for slot in said.asks}
    return slots | {name for name, heard in flags.items() if heard}


@pytest.mark.parametrize(("text", "meant"), TABLE, ids=[text[:50] for text, _ in TABLE])
def test_what_models_write_is_read_as_a_person_reads_it(text: str, meant: str) -> None:
    assert reading(EAR.listen(text)) == set(meant.split())


KEYS = {
    "ask.request": "more",
    "ask.changes": "items",
    "ask.refund": "payment",
    "ask.difference": "payment",
    "give_up": "refused",
    "cancelled_by_user": "",
    "more": "more",
}
"""What the oracle's sentences are; the others tell it by their key: ask.order, propose.return_items, refuse.status."""
VALUES = {
    "name": "Mei",
    "order": "#W1234567",
    "items": "the Tent and the Kayak",
    "changes": "the Tent to color red (item 0123456789)",
    "reason": "no longer needed",
    "status": "delivered",
    "total": "$1,012.50",
    "balance": "$3.00",
    "payment": "your Visa card ending in 0123",
    "address": "5 Oak Lane, Suite 12, St. Louis, MO 63101",
}


def own_sentences() -> list[tuple[str, str, str]]:
    """Key, sentence and meaning of all the oracle says to a customer."""
    lines: dict[str, list[str]] = {**read_yaml("speech.yaml")["agent"], **read_yaml("retail/speech.yaml")["agent"]}
    outcomes = [text for key, texts in lines.items() if key.startswith("done.") for text in texts]
    found = []
    for key, texts in lines.items():
        kind, _, rest = key.partition(".")
        meant = {"ask": rest, "unknown": rest, "propose": "offer", "refuse": "refused", "done": "done"}.get(kind, "")
        if key.startswith(("done.", "transfer.")):
            continue  # parts of other sentences, and what only colleagues read
        for text in texts:
            fills = outcomes if "{what}" in text else [""]
            found += [(key, text.format(**VALUES, what=what), KEYS.get(key, meant)) for what in fills]
    return found


@pytest.mark.parametrize(("key", "text", "meant"), own_sentences())
def test_the_oracles_own_sentences_are_read_as_what_they_are(key: str, text: str, meant: str) -> None:
    heard = reading(EAR.listen(text))
    assert heard - {"refused"} == {"items" if slot == "changes" else slot for slot in meant.split()} - {"refused"}
    assert ("refused" in heard) == (meant == "refused") or key.startswith("unknown.")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    EAR.listen(text)
    EAR.is_about_another("cancel_order", text)
    differs(Check(any=("a",), instead=("b",), all=("c", "d"), never=("e",)), text)


PIECES = [
    "which order ", "could you please ", "let me know ", "has been ", "I need ", "where ", "what color ", "once it is ",
    "(", "yes/", "\n", "\n- ", "1. ", ".", "?", "!", "..", " ", "\t", "or ", "only ", "card or paypal ", "a", "*",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_only_the_beginning_of_a_giant_text_counts(pieces: list[str]) -> None:
    """The pieces are what cues begin with, so that each of them starts to match over and over."""
    giant = ("".join(pieces) * 100_000)[:100_000]
    assert EAR.listen(giant) == EAR.listen(giant[:LONGEST])
    assert EAR.is_about_another("return_items", giant) == EAR.is_about_another("return_items", giant[:LONGEST])
    check = Check(any=("order",), instead=("card",), never=("color",))
    assert differs(check, giant) == differs(check, giant[:LONGEST])


@given(st.sampled_from(TABLE), st.sampled_from(["Certainly!", "Thank you, Mei.", "Got it.", "Hello!"]), st.booleans())
def test_pleasantries_and_typesetting_change_nothing(row: tuple[str, str], polite: str, fancy: bool) -> None:
    text, _ = row
    dressed = text.replace("'", "\u2019").replace("-mail", "\u2011mail") if fancy else f"**{text}**"
    assert reading(EAR.listen(f"{polite} {dressed}")) == reading(EAR.listen(text))


@pytest.mark.parametrize(
    ("check", "text", "wrong"),
    [
        (Check(never=("Tent",)), "I would return the tent.", True),
        (Check(never=("Tent",)), "I would return the Tentacle.", False),
        (Check(all=("Tent", "Kayak")), "I would return the **Tent**.", True),
        (Check(all=("Tent", "Kayak")), "I would return the _Tent_ and the Kayak.", False),
        (Check(all=("Tent", "Kayak")), "Shall I go ahead?", False),
        (Check(any=("visa",), instead=("paypal",)), "The refund goes to PayPal.", True),
        (Check(any=("visa",), instead=("paypal",)), "The refund goes to your Visa, not to PayPal.", False),
        (Check(any=("visa",), instead=("paypal",)), "The refund goes to item 0123456789.", False),
        (Check(), "anything", False),
    ],
)
def test_a_proposal_differs_if_its_words_say_so(check: Check, text: str, wrong: bool) -> None:
    assert differs(check, text) is wrong


@pytest.mark.parametrize(
    ("act", "text", "another"),
    [
        ("cancel_order", "I would return the Tent. Shall I go ahead?", True),
        ("return_items", "I would cancel the order and refund $5.00 to your card. Is that right?", True),
        ("swap_items", "I would change the payment of your order to PayPal. Yes?", True),
        ("swap_items", "I would modify the Tent to color red. Yes?", False),
        ("change_payment", "I would cancel the order; your card gets $5.00 back. Yes?", True),
        ("change_payment", "Your order would be charged to your Visa card. Yes?", False),
        ("change_order_address", "I would set your default address to 5 Oak Lane. Yes?", True),
        ("change_user_address", "I would send order #W1 to 5 Oak Lane. Yes?", True),
        ("change_user_address", "Your default address becomes 5 Oak Lane. Yes?", False),
        ("restore_order", "I can't restore it, but I can transfer you to a human. Would you like that?", False),
        ("missing_parcel", "Shall I transfer you to a colleague?", False),
        ("return_items", "Shall I proceed?", False),
        ("no such act", "I would cancel the order.", False),
    ],
)
def test_a_proposal_about_another_kind_of_request_is_noticed(act: str, text: str, another: bool) -> None:
    assert EAR.is_about_another(act, text) is another


@pytest.mark.parametrize("part", [{"ask": None}, {"ask": ["("]}, {"slots": None}, {"unless": {"ask": 3}}])
def test_cues_that_are_missing_or_broken_are_one_error(part: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {**speech_of("retail").listen, **part}
    monkeypatch.setattr(listening, "speech_of", lambda domain: SimpleNamespace(listen=broken))
    with pytest.raises(DomainError, match="under 'listen' in retail"):
        ear_of.__wrapped__("retail")
