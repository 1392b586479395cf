"""Customers who say something else than their task wants: each changes one element of the first request."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from cove_rl.domains.airline.records import CreditCard, Reservation, User
from cove_rl.tasks.task import Task
from cove_rl.world.hint import Hint

from .shelf import world


def with_hint(task: Task, slot: str, hint: Hint | None) -> Task | None:
    """Return the task with another hint of that slot in its first request; the customer minds nothing any more."""
    first, *rest = task.requests
    if hint is None or slot not in {one.slot for one in first.hints}:
        return None
    hints = tuple(replace(hint if one.slot == slot else one, check=None, also=()) for one in first.hints)
    return replace(task, requests=(replace(first, hints=hints), *rest))


def told(task: Task, slot: str) -> Hint | None:
    return next((one for one in task.requests[0].hints if one.slot == slot), None)


def exactly(slot: str, ids: Sequence[str]) -> Hint | None:
    return Hint(slot, "exact", {"id": ids[0]}, exact=True) if ids else None


def another_reservation(task: Task) -> Task | None:
    mine = getattr(task.requests[0].constraint, "reservation_id", "")
    owner = task.identity[0].values["id"]
    others = [key for key in world().rows(User)[str(owner)].reservations if key != mine]
    others = [key for key in others if world().rows(Reservation)[key].status is None]
    return with_hint(task, "reservation", exactly("reservation", others))


def another_cabin(task: Task) -> Task | None:
    hint = told(task, "cabin")
    key = getattr(task.requests[0].constraint, "reservation_id", "")
    booked = world().rows(Reservation).get(key)
    taken = {hint.form if hint else "", booked.cabin if booked else ""}
    if "basic_economy" in taken:
        taken.add("economy")  # it stands in "basic economy", too
    forms = [form for form in ("business", "basic_economy", "economy") if form not in taken]
    return with_hint(task, "cabin", Hint("cabin", forms[0])) if forms else None


def another_payment(task: Task) -> Task | None:
    """Name a credit card in place of what pays, where there is something to pay."""
    goal = task.requests[0].constraint
    owner = world().rows(User)[str(task.identity[0].values["id"])]
    paid = {getattr(goal, "payment_id", None), *(one.payment_id for one in getattr(goal, "payments", ()))} - {None}
    cards = [key for key, one in owner.payment_methods.items() if isinstance(one, CreditCard) and key not in paid]
    return with_hint(task, "payment", exactly("payment", cards)) if paid else None


def another_day(task: Task) -> Task | None:
    """Fly out a day earlier, on a date that nothing else in the trip has."""
    hint = told(task, "outbound")
    if hint is None or "date" not in hint.values:
        return None
    month, day = str(hint.values["date"]).split()
    key = getattr(task.requests[0].constraint, "reservation_id", "")
    booked = world().rows(Reservation).get(key)
    if booked is not None and any(int(one.date[8:]) == int(day) - 1 for one in booked.flights):
        return None
    return with_hint(task, "outbound", replace(hint, values={**hint.values, "date": f"{month} {int(day) - 1}"}))


def another_number_of_bags(task: Task) -> Task | None:
    hint = told(task, "bags")
    if hint is None:
        return None
    return with_hint(task, "bags", Hint("bags", "count" if hint.form == "none" else hint.form, {"count": "9 bags"}))


def another_insurance(task: Task) -> Task | None:
    hint = told(task, "insurance")
    return with_hint(task, "insurance", Hint("insurance", "no" if hint is not None and hint.form == "yes" else "yes"))


def another_party(task: Task) -> Task | None:
    """Let somebody on file fly, in place of everybody."""
    others = _others_on_file(task)
    if not others:
        return None
    return with_hint(task, "passengers", Hint("passengers", "others", {"companions": (others[0],)}))


def another_newcomer(task: Task) -> Task | None:
    """Let somebody else on file take the passenger's place."""
    others = _others_on_file(task)
    return with_hint(task, "passenger", Hint("passenger", "new", others[0].values)) if others else None


def _others_on_file(task: Task) -> list[Hint]:
    """Return people saved in the customer's profile who do not fly."""
    flying = getattr(task.requests[0].constraint, "passengers", ())
    names = {one.first_name for one in flying}
    saved = world().rows(User)[str(task.identity[0].values["id"])].saved_passengers
    return [
        Hint("companion", "new", {"first_name": one.first_name, "last_name": one.last_name, "dob": one.dob})
        for one in saved
        if one.first_name not in names
    ]


CHANGES: list[Callable[[Task], Task | None]] = [
    another_reservation,
    another_cabin,
    another_payment,
    another_day,
    another_number_of_bags,
    another_insurance,
    another_party,
    another_newcomer,
]


def allowed(task: Task) -> bool:
    """Whether the first request is one to carry out: what is refused anyway is refused for other reasons as well."""
    return bool(task.constraints[0].goals(world()))
