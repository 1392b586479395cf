"""What the oracle does about each kind of request: it looks up, checks the policy, proposes, and writes after a yes."""

from typing import Any

import pytest
from msgspec.structs import replace

from .counter import ANN, BEA, CAL, I_AM, TRIP, YES, Counter, reservation

RETURN = "KIR001@16=100 KIR005@20=90"
ILL = "I'm ill and can't travel"


def flights(text: str) -> list[dict[str, str]]:
    """Flights as a call names them, from text like "KIR004@17 KIR005@20"."""
    return [{"flight_number": one[:6], "date": f"2024-05-{one[7:]}"} for one in text.split()]


def agreed(counter: Counter, *texts: str) -> tuple[str, dict[str, Any]]:
    """Say some things, and yes to what is proposed; return the proposal and the arguments of the one write."""
    proposal = counter.say(*texts)
    assert counter.writes == []
    counter.say(YES)
    ((_, arguments),) = counter.writes
    return proposal, arguments


def declined(counter: Counter, *texts: str) -> str:
    """Say some things, and yes to whatever comes; return the last answer before that. Nothing may be written."""
    answer = counter.say(*texts)
    counter.say(YES)
    assert counter.writes == []
    return answer


# -- who it is, and what they speak of


def test_who_does_not_say_who_they_are_is_asked_until_the_account_is_found() -> None:
    counter = Counter(reservation())
    for text in (f"Please cancel {TRIP}.", "My user id is nobody_0000.", "I don't know."):
        assert "user id" in counter.say(text)
    assert "user id" not in counter.say(I_AM)
    assert counter.used("get_user_details") == 2


def test_who_asks_for_nothing_is_asked_what_they_want() -> None:
    counter = Counter(reservation())
    assert "Ann" in counter.say(I_AM)
    assert counter.used("get_reservation_details") == 0


def test_a_description_that_fits_no_trip_or_several_is_asked_for_again() -> None:
    counter = Counter(reservation(), reservation("KIR004@17=100", reservation_id="TRIP02", passengers=(BEA,)))
    assert "Which reservation" in counter.say(f"{I_AM} I'd like to remove luggage from {TRIP}.")
    assert "TRIP02" in counter.say(f"It's {TRIP} with Bea.")


def test_what_stays_unknown_is_given_up() -> None:
    counter = Counter(reservation())
    nowhere = "It's my trip from Denver to Boston."
    answer = counter.say(f"{I_AM} I'd like to remove luggage from a booking.", nowhere, nowhere, nowhere)
    assert "have to leave it" in answer


def test_somebody_elses_reservation_is_looked_at_and_declined() -> None:
    counter = Counter(reservation(user_id="bob_fox_0002"))
    assert "account" in declined(counter, f"{I_AM} I want less luggage on reservation TRIP01.")
    assert counter.used("get_reservation_details") == 1


# -- cancelling

CANCELLABLE: list[tuple[dict[str, Any], str, bool]] = [
    ({}, "my plans have changed", False),
    ({}, ILL, False),
    ({"insurance": "yes"}, ILL, True),
    ({"insurance": "yes"}, "a blizzard is coming", True),
    ({"insurance": "yes"}, "my plans have changed", False),
    ({"insurance": "yes"}, "it's a private matter", False),
    ({"cabin": "business"}, "my plans have changed", True),
    ({"created_at": "2024-05-14T15:00:01"}, "my plans have changed", True),
    ({"created_at": "2024-05-14T14:59:59"}, "my plans have changed", False),
    ({"flights": "KIR001@20=100"}, "you called my flight off", True),
    ({}, "you called my flight off", False),
]


@pytest.mark.parametrize(("fields", "reason", "possible"), CANCELLABLE)
def test_a_trip_is_cancelled_if_the_policy_has_a_ground_for_it(
    fields: dict[str, Any], reason: str, possible: bool
) -> None:
    counter = Counter(reservation(**fields))
    text = f"{I_AM} I'd like to cancel {TRIP}, because {reason}."
    if possible:
        proposal, arguments = agreed(counter, text)
        assert "$100" in proposal
        assert arguments == {"reservation_id": "TRIP01"}
    else:
        assert "TRIP01" in declined(counter, text)


def test_a_trip_under_way_is_for_a_human() -> None:
    counter = Counter(reservation("KIR001@14=100 KIR005@20=90", cabin="business"))
    assert counter.say(f"{I_AM} I'd like to cancel {TRIP}, because my plans have changed.") == ""
    assert counter.calls[-1].name == "transfer_to_human_agents"
    assert counter.writes == []


def test_a_reason_that_is_not_told_is_asked_for() -> None:
    counter = Counter(reservation(cabin="business"))
    agreed(counter, f"{I_AM} Please cancel {TRIP}.", "Because there was a change of plan.")


CANCEL_OR_CHANGE = (
    f"{I_AM} I'd like to cancel {TRIP}, or failing that take the same flights a day later, because {ILL}."
)


def test_who_would_cancel_or_change_has_it_cancelled_where_that_is_possible() -> None:
    _, arguments = agreed(Counter(reservation(insurance="yes")), CANCEL_OR_CHANGE)
    assert arguments == {"reservation_id": "TRIP01"}


def test_who_would_cancel_or_change_is_told_that_it_will_be_a_change() -> None:
    counter = Counter(reservation())
    proposal, arguments = agreed(counter, f"{CANCEL_OR_CHANGE} Please use my visa.")
    assert "cancelled" in proposal
    assert arguments["flights"] == flights("KIR001@17")


def test_who_can_neither_cancel_nor_change_is_declined() -> None:
    assert "basic economy" in declined(Counter(reservation(cabin="basic_economy")), CANCEL_OR_CHANGE)


# -- changing flights


def going(text: str, payment: str = "my visa") -> str:
    return f"{I_AM} For {TRIP}, I'd like to go on {text}. Please use {payment}."


def test_a_difference_to_pay_is_named_with_who_pays_it() -> None:
    counter = Counter(reservation(passengers=(ANN, BEA)))
    proposal, arguments = agreed(counter, going("the direct flight at 08:00 on May 17", "my gift card"))
    assert "KIR001 on May 17" in proposal
    assert "$100 more on your $150 gift card" in proposal
    assert arguments == {
        "reservation_id": "TRIP01",
        "cabin": "economy",
        "flights": flights("KIR001@17"),
        "payment_id": "gift_card_0001",
    }


def test_a_difference_that_goes_back_is_named_too() -> None:
    proposal, _ = agreed(Counter(reservation("KIR001@16=130")), going("the direct flight at 08:00 on May 18"))
    assert "$30 back to your visa" in proposal


def test_where_nothing_is_to_be_paid_nobody_is_asked_for_a_card() -> None:
    text = f"{I_AM} For {TRIP}, I'd like to go on the direct flight at 08:00 on May 18."
    proposal, arguments = agreed(Counter(reservation()), text)
    assert "no extra cost" in proposal
    assert arguments["payment_id"] == "credit_card_0001"


def test_a_connection_is_searched_for_as_such() -> None:
    counter = Counter(reservation())
    _, arguments = agreed(counter, going("the cheapest one-stop flight on May 17"))
    assert arguments["flights"] == flights("KIR002@17 KIR003@17")
    assert counter.used("search_onestop_flight") == 1


def test_the_direction_that_stays_keeps_its_flights_and_its_price() -> None:
    text = f"{I_AM} For {TRIP}, I'd like to come back on the same flights a day later. Please use my visa."
    proposal, arguments = agreed(Counter(reservation(RETURN)), text, "I have nothing to add to that.")
    assert arguments["flights"] == flights("KIR001@16 KIR005@21")
    assert "$10 more" in proposal


def test_who_changes_one_direction_of_a_round_trip_is_asked_about_the_other() -> None:
    counter = Counter(reservation(RETURN))
    assert (
        "way back" in (question := counter.say(going("the direct flight at 08:00 on May 17"))) or "return" in question
    )
    _, arguments = agreed(counter, "On the way back, the direct flight at 15:00 on May 22.")
    assert arguments["flights"] == flights("KIR001@17 KIR005@22")


def test_who_changes_nothing_yet_of_a_round_trip_is_asked_once_for_both_ways() -> None:
    counter = Counter(reservation(RETURN))
    question = counter.say(f"{I_AM} I'd like other flights for {TRIP}.")
    assert "return" in question or "way back" in question
    _, arguments = agreed(counter, "On the way back, the direct flight at 15:00 on May 21. Please use my visa.")
    assert arguments["flights"] == flights("KIR001@16 KIR005@21")


def test_flights_that_do_not_exist_are_asked_for_again() -> None:
    counter = Counter(reservation())
    assert "outbound" in counter.say(going("the direct flight at 09:00 on May 17"))
    _, arguments = agreed(counter, "On the way there, KIR004 on May 17.")
    assert arguments["flights"] == flights("KIR004@17")


def test_flights_that_stay_unknown_are_given_up() -> None:
    nowhere = "On the way there, KIR009 on May 17."
    assert "leave it" in declined(
        Counter(reservation()), going("the direct flight at 09:00 on May 17"), nowhere, nowhere
    )


def test_basic_economy_flights_stay_as_they_are() -> None:
    counter = Counter(reservation(cabin="basic_economy"))
    assert "basic economy" in declined(counter, going("the direct flight at 08:00 on May 17"))


def test_a_trip_under_way_stays_as_it_is() -> None:
    under_way = reservation("KIR001@14=100 KIR005@20=90")
    text = f"{I_AM} For {TRIP}, I'd like to come back on the same flights a day later."
    assert "TRIP01" in declined(Counter(under_way), text)
    assert "TRIP01" in declined(Counter(under_way), f"{I_AM} I'd like to fly business on {TRIP}.")


@pytest.mark.parametrize("payment", ["my travel certificate", "my gift card"])
def test_a_change_is_not_charged_to_what_cannot_pay_it(payment: str) -> None:
    counter = Counter(reservation(passengers=(ANN, BEA, CAL, replace(CAL, first_name="Dan"))))
    answer = declined(counter, going("the direct flight at 08:00 on May 17", payment))
    assert payment.removeprefix("my ") in answer


# -- cabin, passengers, bags


def test_another_cabin_costs_what_the_same_flights_cost_in_it_now() -> None:
    text = f"{I_AM} I'd like to fly business on {TRIP}, and settle the difference with my visa."
    proposal, arguments = agreed(Counter(reservation(RETURN)), text)
    assert "$410 more" in proposal
    assert (arguments["cabin"], arguments["flights"]) == ("business", flights("KIR001@16 KIR005@20"))


def test_a_cabin_without_seats_is_declined() -> None:
    full = Counter(reservation("KIR004@16=100"))
    assert "seats" in declined(full, f"{I_AM} I'd like to fly business on {TRIP}. Please use my visa.")


def test_a_passenger_is_replaced_and_the_others_stay() -> None:
    text = f"{I_AM} On {TRIP}, please put Bea from my profile in the place of Ann Lee."
    proposal, arguments = agreed(Counter(reservation(passengers=(CAL, ANN))), text)
    assert "Bea Roe" in proposal
    assert [one["first_name"] for one in arguments["passengers"]] == ["Cal", "Bea"]


def test_people_nobody_knows_are_asked_for_again() -> None:
    counter = Counter(reservation())
    assert "passenger" in counter.say(f"{I_AM} On {TRIP}, please put Zoe from my profile in the place of Eve Fox.")
    assert "new passenger" in counter.say("The passenger I mean is Ann Lee.")
    _, arguments = agreed(counter, "The other person is Zoe Fox (born 1999-01-02).")
    assert arguments["passengers"] == [{"first_name": "Zoe", "last_name": "Fox", "dob": "1999-01-02"}]


@pytest.mark.parametrize(
    ("membership", "booked", "more", "total", "charged", "price"),
    [
        ("regular", (0, 0), 1, 1, 0, "no extra cost"),
        ("regular", (0, 0), 3, 3, 2, "$100 more"),
        ("regular", (2, 1), 1, 3, 2, "$50 more"),
        ("silver", (0, 0), 3, 3, 1, "$50 more"),
        ("gold", (0, 0), 3, 3, 0, "no extra cost"),
    ],
)
def test_bags_beyond_what_the_membership_has_free_are_charged(
    membership: str, booked: tuple[int, int], more: int, total: int, charged: int, price: str
) -> None:
    trip = reservation(total_baggages=booked[0], nonfree_baggages=booked[1])
    counter = Counter(trip, membership=membership)
    proposal, arguments = agreed(counter, f"{I_AM} Please add {more} bags more to {TRIP}, paid with my visa.")
    assert price in proposal
    assert f"{total}" in proposal
    assert (arguments["total_baggages"], arguments["nonfree_baggages"]) == (total, charged)


# -- compensation

CLAIMS: list[tuple[dict[str, Any], str, str, int]] = [
    ({"flights": "KIR001@20=100"}, "gold", "was cancelled", 100),
    ({"flights": "KIR001@20=100", "passengers": (ANN, BEA)}, "silver", "was cancelled", 200),
    ({"flights": "KIR001@20=100", "insurance": "yes"}, "regular", "was cancelled", 100),
    ({"flights": "KIR001@20=100", "cabin": "business"}, "regular", "was cancelled", 100),
    ({"flights": "KIR001@20=100"}, "regular", "was cancelled", 0),
    ({"flights": "KIR001@16=100"}, "gold", "was cancelled", 0),
    ({"flights": "KIR004@15=100"}, "gold", "was delayed", 0),
    ({"flights": "KIR004@15=100"}, "gold", "was cancelled", 0),
]


@pytest.mark.parametrize(("fields", "membership", "incident", "amount"), CLAIMS)
def test_a_certificate_goes_to_whom_it_is_due(
    fields: dict[str, Any], membership: str, incident: str, amount: int
) -> None:
    counter = Counter(reservation(**fields), membership=membership)
    text = f"{I_AM} I want compensation for {TRIP}, because one of the flights {incident}."
    if amount:
        proposal, arguments = agreed(counter, text)
        assert f"${amount}" in proposal
        assert arguments == {"user_id": "ann_lee_0001", "amount": amount}
    else:
        assert "TRIP01" in declined(counter, text)


def test_a_delay_counts_once_the_trip_was_changed() -> None:
    counter = Counter(reservation("KIR004@15=100"), membership="gold")
    counter.say(going("the direct flight at 08:00 on May 18"), YES)
    assert "$50" in counter.say(f"I want compensation for {TRIP}, because one of the flights was delayed.")
    counter.say(YES)
    assert [name for name, _ in counter.writes] == ["update_reservation_flights", "send_certificate"]


# -- what nobody may do


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"Please take 1 bag off {TRIP}.", "bag"),
        (f"I'd like to add travel insurance to {TRIP}.", "insurance"),
        (f"I'd like {TRIP} to end in Denver instead.", "route|destination"),
        (f"I'd like to take Bea from my profile along on {TRIP}.", "passengers|people"),
        (f"I'd like to take Ann Lee off {TRIP}.", "passengers|people"),
    ],
)
def test_what_the_policy_never_allows_is_declined_once_the_trip_was_looked_at(text: str, says: str) -> None:
    counter = Counter(reservation(total_baggages=2))
    answer = declined(counter, f"{I_AM} {text}")
    assert any(word in answer for word in says.split("|"))
    assert counter.used("get_reservation_details") == 1


# -- booking

BOOKING = "I'd like to book a one-way trip from Boston to Seattle in economy, for just me."
REST = "On the way there, the direct flight at 08:00 on May 18. 1 bag, please. Without insurance, please."


def test_a_booking_asks_for_what_is_missing_and_names_it_all() -> None:
    counter = Counter()
    assert counter.say(f"{I_AM} I'd like to book a flight.").count("?") >= 3
    assert "flight" in counter.say(
        "I need a one-way trip from Boston to Seattle. In economy, please. It's for me and Bea from my profile."
    )
    assert counter.say("On the way there, the direct flight at 08:00 on May 18.").count("?") >= 3
    proposal, arguments = agreed(counter, "3 bags, please. With insurance, please. Please use my visa.")
    for words in ("Boston to Seattle", "economy", "KIR001 on May 18", "Ann Lee and Bea Roe", "3 bags", "$310", "visa"):
        assert words in proposal
    assert arguments == {
        "user_id": "ann_lee_0001",
        "origin": "BOS",
        "destination": "SEA",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": flights("KIR001@18"),
        "passengers": [
            {"first_name": "Ann", "last_name": "Lee", "dob": ANN.dob},
            {"first_name": "Bea", "last_name": "Roe", "dob": BEA.dob},
        ],
        "payment_methods": [{"payment_id": "credit_card_0001", "amount": 310}],
        "total_baggages": 3,
        "nonfree_baggages": 1,
        "insurance": "yes",
    }


def test_a_round_trip_needs_both_ways() -> None:
    _, arguments = agreed(
        Counter(),
        f"{I_AM} I'd like to book a round trip from Boston to Seattle in business, for Cal Fox (born 1992-04-05) "
        "without me. No matter. 2 bags, please. Without insurance, please. Please use my visa.",
        "On the way there, the cheapest one-stop flight on May 17.",
        "On the way back, the latest direct flight on May 21.",
    )
    assert arguments["flights"] == flights("KIR002@17 KIR003@17 KIR005@21")
    assert arguments["payment_methods"] == [{"payment_id": "credit_card_0001", "amount": 900}]
    assert [one["first_name"] for one in arguments["passengers"]] == ["Cal"]


def test_two_methods_share_a_price_in_the_order_they_are_named() -> None:
    text = f"{I_AM} {BOOKING} {REST} Please use my travel certificate first and then my visa."
    proposal, arguments = agreed(Counter(), text)
    assert "($80)" in proposal
    assert arguments["payment_methods"] == [
        {"payment_id": "certificate_0001", "amount": 80},
        {"payment_id": "credit_card_0001", "amount": 20},
    ]


def test_a_booking_is_not_paid_with_too_little() -> None:
    text = f"{I_AM} {BOOKING} {REST} Please use my travel certificate."
    assert "$80 travel certificate" in declined(Counter(), text)


def test_six_people_are_too_many() -> None:
    al, *rest = (f"{name} Fox (born 1992-04-05)" for name in ("Al", "Bo", "Cy", "Di", "Ed"))
    others = ", ".join(rest)
    text = f"{I_AM} {BOOKING.replace('just me', f'me and {others} and {al}')}"
    assert "sorry" in declined(Counter(), f"{text} {REST} Please use my visa.")


def test_the_balance_is_read_again_once_money_has_moved() -> None:
    counter = Counter(reservation(passengers=(ANN, BEA)))
    counter.say(going("the direct flight at 08:00 on May 17", "my gift card"), YES)
    answer = counter.say(f"{BOOKING} {REST} Please use my gift card.")
    assert "does not cover" in answer or "can't pay" in answer
    assert "$50" in answer
    assert counter.used("get_user_details") == 2


# -- corrections


def test_what_the_customer_corrects_is_proposed_anew() -> None:
    counter = Counter(reservation())
    counter.say(f"{I_AM} I'd like to fly business on {TRIP}. Please use my visa.")
    assert "basic economy" in counter.say(f"No, that's not right. I'd like to fly basic economy on {TRIP}.")
    _, arguments = agreed(counter, "No, that's not right. In business, please.")
    assert arguments["cabin"] == "business"


def test_a_third_no_leaves_everything_as_it_is() -> None:
    counter = Counter(reservation())
    no = "No, that's not right."
    answer = counter.say(f"{I_AM} I'd like to fly business on {TRIP}. Please use my visa.", no, no, no)
    assert "left everything" in answer
    assert counter.writes == []


def test_an_answer_that_is_no_yes_leaves_everything_as_it_is() -> None:
    counter = Counter(reservation())
    answer = counter.say(f"{I_AM} I'd like to fly business on {TRIP}. Please use my visa.", "Hm.")
    assert "left everything" in answer
    assert counter.writes == []


def test_several_requests_are_dealt_with_one_after_the_other() -> None:
    counter = Counter(
        reservation(cabin="business", total_baggages=1), reservation("KIR004@17=100", reservation_id="TRIP02")
    )
    counter.say(
        f"{I_AM} Please take 1 bag off reservation TRIP02. I'd like to cancel reservation TRIP01, because {ILL}.", YES
    )
    assert [name for name, _ in counter.writes] == ["cancel_reservation"]
