"""The oracle's script: identify, deal with one request after the other, ask if there is anything else."""

from collections.abc import Callable

from cove_rl.domains.airline.oracle.booking import book
from cove_rl.domains.airline.oracle.changes import add_bags, change_cabin, change_flights, change_passenger
from cove_rl.domains.airline.oracle.counter import Counter, Declined, identify
from cove_rl.domains.airline.oracle.endings import cancel, cancel_or_change, compensate, refusal
from cove_rl.domains.airline.oracle.work import Work
from cove_rl.speech.desk import Asked, Desk, Script

Skill = Callable[[Counter, Asked], Work]

SKILLS: dict[str, Skill] = {
    "book_trip": book,
    "cancel_reservation": cancel,
    "cancel_or_change": cancel_or_change,
    "change_flights": change_flights,
    "change_cabin": change_cabin,
    "change_passenger": change_passenger,
    "add_bags": add_bags,
    "claim_compensation": compensate,
    "remove_bags": refusal("refuse.remove_bags"),
    "add_insurance": refusal("refuse.insurance"),
    "change_route": refusal("refuse.route"),
    "add_passenger": refusal("refuse.passenger_count"),
    "remove_passenger": refusal("refuse.passenger_count"),
}
"""What a customer asks for -> how to deal with it."""


def serve(desk: Desk) -> Script:
    """Serve one customer for as long as they talk; only they (or a transfer) end the conversation."""
    counter = yield from identify(desk)
    if not desk.requests:
        desk.tell("ask.request", name=counter.view.user.name.first_name)
        yield from desk.listen()
    while True:
        while desk.requests:
            asked = desk.requests.popleft()
            try:
                yield from SKILLS[asked.act](counter, asked)
            except Declined as reason:
                desk.tell(reason.key, **reason.values)
        desk.tell("more")
        yield from desk.listen()
