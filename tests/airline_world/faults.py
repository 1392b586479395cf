"""Ways to spoil the tables of an airline world, and what must be said about each."""

from collections.abc import Callable
from typing import Any, NamedTuple

Row = dict[str, Any]
Tables = dict[str, dict[str, Row]]
Spoil = Callable[[Tables], object]

SIZE = {"flights": 40, "users": 30, "reservations": 150}
"""A world with a record of every kind that is spoilt below."""


class Fault(NamedTuple):
    """A change of decoded tables, and a part of the line about it."""

    spoil: Spoil
    says: str


def flight(tables: Tables) -> Row:
    return next(iter(tables["flights"].values()))


def day(tables: Tables, status: str) -> Row:
    """Return a flight of one date that has the status."""
    days = (found for one in tables["flights"].values() for found in one["dates"].values())
    return next(found for found in days if found["status"] == status)


def traveller(tables: Tables) -> Row:
    """Return a user with several reservations."""
    return next(user for user in tables["users"].values() if len(user["reservations"]) > 1)


def method(tables: Tables, source: str) -> Row:
    """Return a payment method on somebody's file."""
    methods = (one for user in tables["users"].values() for one in user["payment_methods"].values())
    return next(one for one in methods if one["source"] == source)


def reservation(tables: Tables, wanted: Callable[[Row], bool] = lambda row: True) -> Row:
    """Return a reservation that is not cancelled."""
    return next(row for row in tables["reservations"].values() if row["status"] is None and wanted(row))


def connected(tables: Tables) -> Row:
    """Return a one-way reservation with two flights."""
    return reservation(tables, lambda row: row["flight_type"] == "one_way" and len(row["flights"]) == 2)


def round_trip(tables: Tables) -> Row:
    return reservation(tables, lambda row: row["flight_type"] == "round_trip" and len(row["flights"]) == 2)


def cancelled(tables: Tables) -> Row:
    return next(row for row in tables["reservations"].values() if row["status"] == "cancelled")


def family(tables: Tables) -> Row:
    return reservation(tables, lambda row: len(row["passengers"]) > 1)


def rename(table: str, field: str) -> Spoil:
    """Return what changes the id inside a row, but not the key it stands under."""
    return lambda tables: next(iter(tables[table].values())).update({field: "X"})


def pay(*amounts: tuple[str, int]) -> Spoil:
    """Return what replaces the payments of a reservation."""
    payments = [{"payment_id": payment_id, "amount": amount} for payment_id, amount in amounts]
    return lambda tables: reservation(tables).update(payment_history=payments)


def segment(tables: Tables, **fields: object) -> None:
    reservation(tables)["flights"][0].update(fields)


def earlier(tables: Tables) -> None:
    """Let the second of two flights leave before the first one arrives."""
    second = connected(tables)["flights"][1]
    second["date"] = "2024-05-01"


def at_once(tables: Tables) -> None:
    """Let both flights of a connection leave at the same minute."""
    first, second = (tables["flights"][one["flight_number"]] for one in connected(tables)["flights"])
    second["scheduled_departure_time_est"] = first["scheduled_departure_time_est"]


def strangers_method(tables: Tables) -> None:
    one, other = list(tables["users"].values())[:2]
    one["payment_methods"] = other["payment_methods"]


def cards(source: str, count: int) -> Spoil:
    """Return what pays a reservation with so many methods of one kind, the money being right."""

    def spoil(tables: Tables) -> None:
        row = reservation(tables)
        total = sum(payment["amount"] for payment in row["payment_history"])
        extra = {"credit_card": {"brand": "visa", "last_four": "1234"}}.get(source, {"amount": 9.0})
        owner = tables["users"][row["user_id"]]
        names = [f"{source}_9{number}" for number in range(count)]
        owner["payment_methods"] |= {name: {"source": source, "id": name, **extra} for name in names}
        amounts = [1] * (count - 1) + [total - count + 1]
        row["payment_history"] = [{"payment_id": n, "amount": a} for n, a in zip(names, amounts, strict=True)]

    return spoil


def keep_money(tables: Tables) -> None:
    row = cancelled(tables)
    row["payment_history"] = row["payment_history"][: len(row["payment_history"]) // 2]


def refund_too_much(tables: Tables) -> None:
    cancelled(tables)["payment_history"][-1]["amount"] -= 1


def pay_less(tables: Tables) -> None:
    """Let a cancelled reservation have cost, and given back, a dollar less than its price."""
    row = next(one for one in tables["reservations"].values() if one["status"] and len(one["payment_history"]) == 2)
    for payment in row["payment_history"]:
        payment["amount"] -= 1 if payment["amount"] > 0 else -1


def remove(table: str, key: Callable[[Tables], str]) -> Spoil:
    return lambda tables: tables[table].pop(key(tables))


def edit(find: Callable[..., Row], *arguments: object, **fields: object) -> Spoil:
    """Return what changes some fields of the row, or part of a row, that is found."""
    return lambda tables: find(tables, *arguments).update(fields)


def drop(find: Callable[..., Row], field: str, *arguments: object) -> Spoil:
    """Return what removes one field."""
    return lambda tables: find(tables, *arguments).pop(field)


def person(**fields: object) -> Spoil:
    return lambda tables: traveller(tables)["saved_passengers"][0].update(fields)


def passenger(**fields: object) -> Spoil:
    return lambda tables: reservation(tables)["passengers"][0].update(fields)


def dates(**fields: object) -> Spoil:
    """Return what replaces the dates of a flight that nobody has booked."""

    def spoil(tables: Tables) -> None:
        booked = {one["flight_number"] for row in tables["reservations"].values() for one in row["flights"]}
        free = next(row for number, row in tables["flights"].items() if number not in booked)
        free["dates"] = fields

    return spoil


CONTRADICTIONS: dict[str, Fault] = {
    "flight under another number": Fault(rename("flights", "flight_number"), "flight_number is 'X'"),
    "unknown origin": Fault(edit(flight, origin="XYZ"), "origin 'XYZ' is no airport"),
    "unknown destination": Fault(edit(flight, destination="sfo"), "destination 'sfo' is no airport"),
    "round in circles": Fault(lambda t: flight(t).update(origin=flight(t)["destination"]), "to where it starts"),
    "no dates": Fault(dates(), "it has no dates"),
    "a day of another month": Fault(dates(**{"2024-02-30": {"status": "cancelled"}}), "'2024-02-30' is no day"),
    "a day in words": Fault(dates(tomorrow={"status": "cancelled"}), "'tomorrow' is no day"),
    "a day far off": Fault(dates(**{"9999-12-31": {"status": "cancelled"}}), "'9999-12-31' is no day"),
    "departure without seconds": Fault(edit(flight, scheduled_departure_time_est="09:00"), "'09:00' is no time"),
    "departure at 24 o'clock": Fault(edit(flight, scheduled_departure_time_est="24:00:00"), "'24:00:00' is no time"),
    "arrival in two days": Fault(edit(flight, scheduled_arrival_time_est="01:00:00+2"), "'01:00:00+2' is no time"),
    "arrival before departure": Fault(
        edit(flight, scheduled_departure_time_est="23:30:00", scheduled_arrival_time_est="23:10:00"),
        "it arrives at 23:10:00, before it leaves at 23:30:00",
    ),
    "for sale yesterday": Fault(
        lambda t: flight(t)["dates"].update({"2024-05-14": day(t, "available")}), "is available, but should have left"
    ),
    "seats below none": Fault(lambda t: day(t, "available")["available_seats"].update(economy=-1), "has -1 seats in"),
    "a seat for nothing": Fault(lambda t: day(t, "available")["prices"].update(business=0), "in business costs 0"),
    "landed at no time": Fault(
        edit(day, "landed", actual_arrival_time_est="noon"), "actual_arrival_time_est 'noon' is no moment"
    ),
    "left on no day": Fault(
        edit(day, "landed", actual_departure_time_est="2024-05-32T10:00:00"), "'2024-05-32T10:00:00' is no moment"
    ),
    "landed tomorrow": Fault(
        edit(day, "landed", actual_arrival_time_est="2024-05-16T10:00:00"), "'landed', but it arrives at 2024-05-16"
    ),
    "landed before it left": Fault(
        edit(day, "landed", actual_arrival_time_est="2024-04-01T00:00:00"), "before it leaves"
    ),
    "left days late": Fault(
        edit(day, "landed", actual_departure_time_est="2024-04-01T00:00:00"), "more than a day off its schedule"
    ),
    "flying since tomorrow": Fault(
        edit(day, "flying", actual_departure_time_est="2024-05-15T15:01:00"), "'flying', but it leaves at"
    ),
    "flying since it landed": Fault(
        edit(day, "flying", estimated_arrival_time_est="2024-05-15T15:00:00"), "'flying', but it arrives at"
    ),
    "delayed but gone": Fault(
        edit(day, "delayed", estimated_departure_time_est="2024-05-15T14:59:00"), "'delayed', but it leaves at"
    ),
    "on time but gone": Fault(
        edit(day, "on time", estimated_departure_time_est="2024-05-15T14:59:00"), "'on time', but it leaves at"
    ),
    "user under another id": Fault(rename("users", "user_id"), "user_id is 'X'"),
    "a user without a name": Fault(lambda t: traveller(t)["name"].update(first_name=""), "somebody is named ' "),
    "a user born tomorrow": Fault(edit(traveller, dob="2024-05-16"), "was born on '2024-05-16'"),
    "a user born on no day": Fault(edit(traveller, dob="1990-02-31"), "was born on '1990-02-31'"),
    "a nameless companion": Fault(person(last_name=""), "somebody is named '"),
    "a companion born never": Fault(person(dob="unknown"), "was born on 'unknown'"),
    "a method under another id": Fault(
        lambda t: traveller(t)["payment_methods"].update(a={"source": "gift_card", "id": "b", "amount": 1.0}),
        "payment method 'a' has the id 'b'",
    ),
    "a card with five digits": Fault(edit(method, "credit_card", last_four="12345"), "ends in '12345'"),
    "a card with letters": Fault(edit(method, "credit_card", last_four="12a4"), "ends in '12a4'"),
    "a gift card below nothing": Fault(edit(method, "gift_card", amount=-0.5), "has the amount -0.5"),
    "a certificate below nothing": Fault(edit(method, "certificate", amount=-100), "has the amount -100.0"),
    "a reservation that is none": Fault(
        lambda t: traveller(t)["reservations"].append("AAAAAA"), "reservation 'AAAAAA' is not in reservations"
    ),
    "a reservation listed twice": Fault(
        lambda t: traveller(t)["reservations"].append(traveller(t)["reservations"][0]), "is listed twice"
    ),
    "a reservation of somebody else": Fault(
        lambda t: traveller(t)["reservations"].append(list(t["users"].values())[-1]["reservations"][0]), "belongs to '"
    ),
    "two with one address": Fault(
        lambda t: traveller(t).update(email=list(t["users"].values())[-1]["email"].upper()), "two have the e-mail"
    ),
    "two with one card": Fault(strangers_method, "is also one of"),
    "reservation under another id": Fault(rename("reservations", "reservation_id"), "reservation_id is 'X'"),
    "nobody's reservation": Fault(edit(reservation, user_id="nobody"), "user_id 'nobody' is not in users"),
    "an unlisted reservation": Fault(edit(traveller, reservations=[]), "does not list it"),
    "no flights": Fault(edit(reservation, flights=[]), "there are no flights"),
    "an unknown flight": Fault(lambda t: segment(t, flight_number="KIR000"), "flight 'KIR000' is not in flights"),
    "a flight on another day": Fault(lambda t: segment(t, date="2024-06-01"), "does not go on '2024-06-01'"),
    "a flight from elsewhere": Fault(lambda t: segment(t, origin="ZZZ"), "does not go from 'ZZZ' to"),
    "a flight for nothing": Fault(lambda t: segment(t, price=0), "costs 0"),
    "legs in the wrong order": Fault(lambda t: connected(t)["flights"].reverse(), "but the one before ends elsewhere"),
    "a leg in the past of the other": Fault(earlier, "leaves before"),
    "a connection in no time": Fault(at_once, "leaves before"),
    "a trip to where it starts": Fault(
        lambda t: round_trip(t).update(destination=round_trip(t)["origin"]), "to where it starts"
    ),
    "a start elsewhere": Fault(edit(reservation, origin="ZZZ"), "the first flight leaves from"),
    "an end elsewhere": Fault(edit(connected, destination="ZZZ"), "the last flight of a one_way trip ends in"),
    "no way back": Fault(lambda t: round_trip(t)["flights"].pop(), "the last flight of a round_trip trip ends in"),
    "round to nowhere": Fault(edit(round_trip, destination="ZZZ"), "no flight ends in 'ZZZ'"),
    "one way and back": Fault(edit(round_trip, flight_type="one_way"), "the last flight of a one_way trip"),
    "booked at no time": Fault(edit(reservation, created_at="2024-05-01"), "created_at '2024-05-01' is no moment"),
    "booked tomorrow": Fault(edit(reservation, created_at="2024-05-16T00:00:00"), "which is still to come"),
    "booked after it left": Fault(
        lambda t: reservation(t, lambda row: row["flights"][0]["date"] < "2024-05-10").update(
            created_at="2024-05-15T12:00:00"
        ),
        "leaves before the reservation was created",
    ),
    "an empty plane": Fault(edit(reservation, passengers=[]), "it has 0 passengers"),
    "a party of six": Fault(lambda t: family(t).update(passengers=family(t)["passengers"][:1] * 6), "has 6 passengers"),
    "a passenger twice": Fault(
        lambda t: family(t)["passengers"].__setitem__(1, family(t)["passengers"][0]), "is listed twice"
    ),
    "a passenger without a name": Fault(passenger(first_name=""), "somebody is named ' "),
    "a passenger born today": Fault(passenger(dob="2024-05-15"), "was born on '2024-05-15'"),
    "bags below none": Fault(edit(reservation, total_baggages=-1), "total_baggages is -1"),
    "a free bag that is charged": Fault(
        lambda t: reservation(t, lambda row: not row["nonfree_baggages"]).update(nonfree_baggages=1),
        "nonfree_baggages is 1, but 0 of",
    ),
    "charged bags for free": Fault(
        lambda t: reservation(t, lambda row: row["nonfree_baggages"] > 0).update(nonfree_baggages=0),
        "nonfree_baggages is 0, but",
    ),
    "nothing paid": Fault(pay(), "there is no payment"),
    "a payment of nothing": Fault(pay(("certificate_1", 0)), "payment method 'certificate_1' paid nothing"),
    "somebody else's card": Fault(pay(("gift_card_1", 100)), "payment method 'gift_card_1' is not one of user"),
    "a dollar too little": Fault(lambda t: reservation(t)["payment_history"][0].update(amount=1), "but 1 was paid"),
    "insurance for nothing": Fault(
        lambda t: reservation(t, lambda row: row["insurance"] == "no").update(insurance="yes"), "the price is"
    ),
    "two credit cards": Fault(cards("credit_card", 2), "2 credit cards paid"),
    "four gift cards": Fault(cards("gift_card", 4), "4 gift cards paid"),
    "two certificates": Fault(cards("certificate", 2), "2 certificates paid"),
    "cancelled, but not paid back": Fault(keep_money, "it is cancelled, but payment method"),
    "cancelled, and paid back more": Fault(refund_too_much, "is left with -1"),
    "cancelled, and too cheap": Fault(pay_less, "the price was"),
    "cancelled by hand": Fault(edit(reservation, status="cancelled"), "it is cancelled, but payment method"),
    "reopened by hand": Fault(edit(cancelled, status=None), "but 0 was paid"),
    "a vanished flight": Fault(
        remove("flights", lambda t: reservation(t)["flights"][0]["flight_number"]), "is not in flights"
    ),
    "a vanished user": Fault(remove("users", lambda t: reservation(t)["user_id"]), "is not in users"),
    "a vanished reservation": Fault(
        remove("reservations", lambda t: reservation(t)["reservation_id"]), "is not in reservations"
    ),
}
"""Rows that can be read and contradict each other, or what can be."""

WRONG_SHAPES: dict[str, Fault] = {
    "a flight without dates": Fault(drop(flight, "dates"), "missing required field `dates`"),
    "a flight with a pilot": Fault(edit(flight, pilot="Ann"), "unknown field `pilot`"),
    "a flight of null": Fault(lambda t: t["flights"].update({flight(t)["flight_number"]: None}), "got `null`"),
    "a flight of a list": Fault(lambda t: t["flights"].update({flight(t)["flight_number"]: []}), "got `array`"),
    "dates in a list": Fault(edit(flight, dates=[]), "got `array` - at `$.dates`"),
    "a departure in minutes": Fault(edit(flight, scheduled_departure_time_est=540), "got `int`"),
    "a status of its own": Fault(lambda t: day(t, "landed").update(status="boarding"), "Invalid value 'boarding'"),
    "no status": Fault(drop(day, "status", "landed"), "missing required field `status`"),
    "for sale without prices": Fault(drop(day, "prices", "available"), "missing required field `prices`"),
    "landed with seats": Fault(edit(day, "landed", available_seats={}), "unknown field `available_seats`"),
    "seats in words": Fault(edit(day, "available", available_seats="many"), "got `str`"),
    "half a seat": Fault(lambda t: day(t, "available")["available_seats"].update(economy=0.5), "got `float`"),
    "a cabin too few": Fault(lambda t: day(t, "available")["prices"].pop("economy"), "field `economy`"),
    "a cabin too many": Fault(lambda t: day(t, "available")["prices"].update(first=9), "unknown field `first`"),
    "another membership": Fault(edit(traveller, membership="platinum"), "Invalid enum value 'platinum'"),
    "a user without payment methods": Fault(drop(traveller, "payment_methods"), "field `payment_methods`"),
    "another way to pay": Fault(lambda t: method(t, "gift_card").update(source="paypal"), "Invalid value 'paypal'"),
    "a gift card without an amount": Fault(drop(method, "amount", "gift_card"), "missing required field `amount`"),
    "a credit card with an amount": Fault(edit(method, "credit_card", amount=1), "unknown field `amount`"),
    "a name in one piece": Fault(edit(traveller, name="Ann Lee"), "`$.name`"),
    "an address without a zip code": Fault(lambda t: traveller(t)["address"].pop("zip"), "field `zip`"),
    "companions by name": Fault(edit(traveller, saved_passengers={}), "`$.saved_passengers`"),
    "reservations in a text": Fault(edit(traveller, reservations="AB12CD"), "`$.reservations`"),
    "another cabin": Fault(edit(reservation, cabin="first"), "Invalid enum value 'first'"),
    "another kind of trip": Fault(edit(reservation, flight_type="multi_city"), "Invalid enum value 'multi_city'"),
    "insurance of true": Fault(edit(reservation, insurance=True), "`$.insurance`"),
    "another status": Fault(edit(reservation, status="open"), "`$.status`"),
    "a segment without a price": Fault(
        lambda t: reservation(t)["flights"][0].pop("price"), "field `price` - at `$.flights[0]`"
    ),
    "a price of cents": Fault(lambda t: segment(t, price=99.5), "`$.flights[0].price`"),
    "passengers of null": Fault(edit(reservation, passengers=None), "`$.passengers`"),
    "a payment in words": Fault(
        lambda t: reservation(t)["payment_history"][0].update(amount="100"), "`$.payment_history[0].amount`"
    ),
    "bags in words": Fault(edit(reservation, total_baggages="two"), "`$.total_baggages`"),
    "booked at a number": Fault(edit(reservation, created_at=0), "`$.created_at`"),
    "a reservation without a user": Fault(drop(reservation, "user_id"), "missing required field `user_id`"),
    "a reservation with a seat": Fault(edit(reservation, seat="12A"), "unknown field `seat`"),
    "an endless status": Fault(edit(reservation, status="x" * 300_000), "Invalid enum value 'xxx"),
}
"""Rows that cannot be read at all."""
