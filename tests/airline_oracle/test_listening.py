"""An airline customer takes what agents write for what a person would take it for."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.airline import oracle
from cove_rl.sandbox import read_yaml
from cove_rl.users.listening import LONGEST, AgentSaid, ear_of

EAR = ear_of("airline")
ALIKE = [{"outbound", "inbound", "incident"}, {"passengers", "passenger", "who"}, {"trip", "new_destination"}]
"""Elements that one question may well be about; no request but a trip with two ways has two of them."""

QUESTIONS = [
    ("Could you please give me your user ID?", "identity"),
    ("I'll need your user ID and the reservation number to pull this up.", "identity reservation"),
    ("To get going, please share your account ID.", "identity"),
    ("Which of your reservations is this about?", "reservation"),
    ("Do you know the confirmation code?", "reservation"),
    ("I couldn't tell which reservation that is. Which one do you mean?", "reservation"),
    ("I see two trips from Boston. Which one do you mean?", "reservation"),
    ("May I ask why you're cancelling?", "reason"),
    ("Please tell me the reason for the cancellation.", "reason"),
    ("Is this because of a change of plans?", "reason"),
    ("Is this going to be a one-way trip?", "trip"),
    ("Where would you like to fly, and from which airport?", "trip"),
    ("Which cabin do you prefer?", "cabin"),
    ("Would you like economy or business?", "cabin"),
    ("How many people are travelling?", "passengers"),
    ("Will you be travelling alone?", "passengers"),
    ("Please provide the names and dates of birth of all passengers.", "passengers"),
    ("Which flight would you like to take?", "outbound"),
    ("What day do you want to leave?", "outbound"),
    ("When would you like to return?", "inbound"),
    ("Which flight would you like for the way back?", "inbound"),
    ("How many bags will you check?", "bags"),
    ("Will you be checking any luggage?", "bags"),
    ("Do you need checked bags?", "bags"),
    ("Would you like to add travel insurance for $30 per passenger?", "insurance"),
    ("Do you want insurance?", "insurance"),
    ("Which card should I charge?", "payment"),
    ("How would you like to pay for this?", "payment"),
    ("You'll need to choose a gift card or credit card for the difference.", "payment"),
    ("Should it go on the visa card or on the gift card?", "payment"),
    ("Which passenger should be replaced?", "who"),
    ("What is the new passenger's full name and date of birth?", "passenger"),
    ("What happened to your flight?", "incident"),
    ("Which city would you like to fly to instead?", "new_destination"),
]
OTHERS = [
    ("I'll cancel reservation AB12CD and refund $250. Do you confirm?", "offer"),
    ("Would you like me to go ahead and book this flight?", "offer"),
    ("The upgrade to business costs $310 more. Shall I proceed?", "offer"),
    ("Here it is:\n\n- **To:** Denver\n- **Cabin:** economy\n- **Insurance:** no\n\nIs this correct?", "offer"),
    ("Please confirm (yes/no) that I should add 2 checked bags for $100.", "offer"),
    ("I'd send you a certificate of $100. Is that okay?", "offer"),
    ("I can't tell you who else is on that flight.", "refused"),
    ("Unfortunately, basic economy flights cannot be changed.", "refused"),
    ("I'm not able to cancel this reservation, as it has no insurance.", "refused"),
    ("Checked bags can't be removed once they were added.", "refused"),
    ("You aren't eligible for compensation.", "refused"),
    ("Your reservation has been cancelled.", "done"),
    ("I've booked your trip. Is there anything else?", "done more"),
    ("Your certificate has been issued.", "done"),
    ("The passenger has been updated successfully.", "done"),
    ("How can I help you with your trip today?", "more"),
    ("Let me check the status of your flights.", ""),
    ("I've found your reservation.", ""),
]  # fmt: skip

FLAGS = {"offer", "more", "refused", "done"}
KEYS = {
    "ask.request": "more",
    "ask.new_flights": "outbound inbound",
    "ask.new_flights_both": "outbound inbound",
    "ask.other_inbound": "inbound",
    "ask.other_outbound": "outbound",
    "ask.difference": "payment",
    "give_up": "refused",
    "cancelled_by_user": "",
    "more": "more",
    "refuse.change_instead": "refused",
}
"""What the oracle's sentences are; the others tell it by their key: ask.reservation, propose.add_bags, refuse.route."""
VALUES = {
    "name": "Mei",
    "reservation": "AB12CD",
    "trip": "Boston to Las Vegas and back, May 20 and May 24, economy",
    "reason": "change of plan",
    "flights": "KIR012 on May 20 at 08:30 and KIR345 on May 20 at 12:00",
    "cabin": "basic economy",
    "passengers": "Mei Li, Omar Silva and Zoe O'Neil",
    "old": "Omar Silva",
    "new": "Zoe O'Neil",
    "bags": "2 bags",
    "count": "5",
    "insurance": "without travel insurance",
    "total": "$1250",
    "price": "for $38 more on your visa ending in 0123",
    "payment": "your $100 travel certificate ($100) and your visa ending in 0123 ($250)",
}


def reading(said: AgentSaid) -> set[str]:
    """What was heard, as the words of the tables."""
    flags = {"offer": said.offers, "more": said.more, "refused": said.refused, "done": said.done}
    return set(said.asks) | {name for name, heard in flags.items() if heard}


@pytest.mark.parametrize(("text", "meant"), [*QUESTIONS, *OTHERS], ids=[text[:50] for text, _ in [*QUESTIONS, *OTHERS]])
def test_what_models_write_is_read_as_a_person_reads_it(text: str, meant: str) -> None:
    heard, wanted = reading(EAR.listen(text)), set(meant.split())
    assert heard >= wanted
    related = [some for some in ALIKE if some & wanted]
    assert all(any(extra in some for some in related) for extra in heard - wanted), heard


def own_sentences() -> list[tuple[str, str, str]]:
    """Key, sentence and meaning of all the oracle says to a customer."""
    lines: dict[str, list[str]] = {**read_yaml("speech.yaml")["agent"], **read_yaml("airline/speech.yaml")["agent"]}
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
    assert heard >= set(meant.split())
    related = [some for some in ALIKE if some & set(meant.split())]
    assert all(any(slot in some for some in related) for slot in heard - set(meant.split()) - FLAGS), heard
    assert "offer" not in heard or meant == "offer"
    assert "done" not in heard or meant == "done"
    assert "more" not in heard or meant == "more"
    assert ("refused" in heard) == (meant == "refused") or key.startswith("unknown.")


def test_what_nobody_fills_in_stands_in_no_sentence_and_proposals_name_it_all() -> None:
    """The policy wants the customer to agree to the details, so every wording of a proposal states every one."""
    lines: dict[str, list[str]] = read_yaml("airline/speech.yaml")["agent"]
    for key, texts in lines.items():
        if key.startswith("propose."):
            assert len({places(text) for text in texts}) == 1, key
        assert all(places(text) <= VALUES.keys() | {"user"} for text in texts), key


def places(text: str) -> frozenset[str]:
    return frozenset(place for _, place, _, _ in string.Formatter().parse(text) if place is not None)


def test_all_that_the_oracle_says_is_there() -> None:
    source = "".join(path.read_text() for path in Path(str(oracle.__file__)).parent.glob("*.py"))
    keys = set(re.findall(r"\"((?:ask|unknown|refuse|transfer)\.\w+|give_up|done|more|cancelled_by_user)\"", source))
    kinds = set(re.findall(r"\"(\w+)\", said, \"", source))
    lines = {**read_yaml("speech.yaml")["agent"], **read_yaml("airline/speech.yaml")["agent"]}
    assert {"ask.reservation", "refuse.cancel", "give_up"} <= keys <= lines.keys()
    assert {"book_trip", "add_bags"} <= kinds
    assert all(f"{prefix}.{kind}" in lines for kind in kinds for prefix in ("propose", "done"))


RIGHT = [
    (
        "book_trip",
        "Your booking: KIR001 on May 20, economy, 1 passenger, 2 bags, insurance: no. Shall I proceed?",
    ),
    ("book_trip", "Flight KIR001 on May 20 in business for $310, paid with your visa. Do you confirm?"),
    ("cancel_reservation", "I'll cancel the economy reservation AB12CD with its 2 bags. Is that correct?"),
    ("change_flights", "The new flights are KIR001 and KIR002 on May 20 in economy for 2 passengers. OK?"),
    ("change_flights", "I'll move your trip to May 20, with $30 back to your card. Shall I?"),
    ("change_cabin", "All flights go up to business for $400 more. Do you want me to do that?"),
    ("change_cabin", "I'll upgrade the reservation of both passengers. Shall I go ahead?"),
    ("change_passenger", "Ann Lee will be replaced by Bea Roe on the economy flight. Is that right?"),
    ("change_passenger", "I'll update the passenger to Bea Roe, born 1991-04-05. Confirm?"),
    ("add_bags", "Two more bags on the flight on May 20 cost $100. Shall I go ahead?"),
    ("claim_compensation", "I can send a $100 certificate for the cancelled flight. Would you like that?"),
    ("cancel_or_change", "It can't be cancelled, so I'd take the flights on May 21. Shall I?"),
    ("cancel_or_change", "I'll cancel reservation AB12CD. Is that correct?"),
]
WRONG = [
    ("book_trip", "I would cancel reservation AB12CD. Shall I?"),
    ("book_trip", "I would change the flights of reservation AB12CD. Shall I?"),
    ("cancel_reservation", "I would change the flights to KIR001 on May 20. Shall I?"),
    ("cancel_reservation", "I would add 2 bags. Shall I?"),
    ("change_flights", "I would cancel the flights and book new ones. Shall I?"),
    ("change_flights", "I would upgrade the flights to business. Shall I?"),
    ("change_cabin", "I would add 2 bags for $100. Shall I?"),
    ("change_passenger", "I would cancel the trip of both passengers. Shall I?"),
    ("add_bags", "I would book a new flight with 2 bags. Shall I?"),
    ("claim_compensation", "I would change your flights. Shall I?"),
]


@pytest.mark.parametrize(("act", "text"), RIGHT)
def test_a_proposal_about_the_same_kind_of_request_passes(act: str, text: str) -> None:
    assert not EAR.is_about_another(act, text)


@pytest.mark.parametrize(("act", "text"), WRONG)
def test_a_proposal_about_another_kind_of_request_is_noticed(act: str, text: str) -> None:
    assert EAR.is_about_another(act, text)


PIECES = [
    "which flight ", "could you please ", "would you like to add ", "insurance ", "passenger ", "who is ",
    "travelling ",
    "economy or ", "card or ", "way back ", "change of plans ", "cancelled or ", "\n- ", ".", "?", " ", "a ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_only_the_beginning_of_a_giant_text_counts(pieces: list[str]) -> None:
    """The pieces are what cues begin with, so that each of them starts to match over and over."""
    giant = ("".join(pieces) * 100_000)[:100_000]
    assert EAR.listen(giant) == EAR.listen(giant[:LONGEST])
    assert EAR.is_about_another("add_bags", giant) == EAR.is_about_another("add_bags", giant[:LONGEST])


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    EAR.listen(text)
    EAR.is_about_another("book_trip", text)
