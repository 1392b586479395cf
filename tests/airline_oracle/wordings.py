"""Hints of every slot and form that airline's grammar words."""

from typing import Any

from hypothesis import strategies as st

from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar
from cove_rl.world.hint import Hint, Value

SHARED: dict[str, Any] = read_yaml("speech.yaml")
OWN: dict[str, Any] = read_yaml("airline/speech.yaml")
GRAMMAR = Grammar({**OWN, "acts": {**SHARED["acts"], **OWN["acts"]}})
FORMS: dict[str, list[str]] = {slot: list(forms) for slot, forms in OWN["phrases"].items()}
SLOTS = [(slot, form) for slot, forms in FORMS.items() for form in forms]
SHAPES = sorted((act, tuple(sorted(shape))) for act in GRAMMAR.acts() for shape in GRAMMAR.shapes_of(act))
"""Every act with every set of hints one sentence of it can carry."""
SMALL_TALK = [
    *(line for lines in SHARED["customer"].values() for line in lines),
    *(text for mood in SHARED["moods"].values() for texts in mood.values() for text in texts),
]

FITTING = {
    ("add_bags", "bags"): ["more"],
    ("remove_bags", "bags"): ["count"],
    ("cancel_or_change", "outbound"): ["shift"],
}
"""(act, slot) -> the forms such a request has; any, where it is not listed."""

_CITIES = ["Boston", "New York", "Los Angeles", "Fort Worth", "Las Vegas", "San Francisco", "Seattle"]
_NAMES = ["Mei", "Jean-Luc", "Zoë", "Sofia", "Me", "Just", "Visa", "The", "From"]
_LAST_NAMES = ["Li", "O'Neil", "van Dijk", "Silva", "Direct", "Economy"]
_DIGITS = st.text("0123456789", min_size=4, max_size=4)
_DATES = st.builds("{} {}".format, st.sampled_from(["May", "April"]), st.integers(1, 30))
_COUNTS = st.integers(1, 12).map(lambda count: "1 bag" if count == 1 else f"{count} bags")
_PLAIN: dict[str, st.SearchStrategy[str]] = {
    "origin": st.sampled_from(_CITIES),
    "destination": st.sampled_from(_CITIES),
    "city": st.sampled_from(_CITIES),
    "date": _DATES,
    "time": st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    "stops": st.sampled_from(["direct", "one-stop"]),
    "rank": st.sampled_from(["cheapest", "earliest", "latest"]),
    "window": st.sampled_from(["before noon", "after noon"]),
    "numbers": st.sampled_from(["KIR012", "KIR345 and KIR678"]),
    "shift": st.sampled_from(["a day later", "two days later", "a day earlier"]),
    "count": _COUNTS,
    "first_name": st.sampled_from(_NAMES),
    "last_name": st.sampled_from(_LAST_NAMES),
    "dob": st.dates().map(str),
    "brand": st.sampled_from(["visa", "mastercard", "amex", "discover"]),
    "last_four": _DIGITS,
    "amount": st.integers(1, 12_345).map(lambda amount: f"${amount}"),
}


@st.composite
def hints(draw: st.DrawFn, slot: str, form: str | None = None) -> Hint:
    """A hint of a slot, of any of its forms or of one."""
    form = form or draw(st.sampled_from(FORMS[slot]))
    places = {place for text in OWN["phrases"][slot][form] for place in _places(text)}
    return Hint(slot, form, {place: draw(_value(place, slot)) for place in sorted(places)})


def _places(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


@st.composite
def statements(draw: st.DrawFn, shape: tuple[str, tuple[str, ...]] | None = None) -> tuple[str, dict[str, Hint]]:
    """An act and hints that one sentence of it can carry."""
    act, slots = shape or draw(st.sampled_from(SHAPES))
    forms = {slot: draw(st.sampled_from(FITTING.get((act, slot), FORMS[slot]))) for slot in slots}
    return act, {slot: draw(hints(slot, form)) for slot, form in forms.items()}


@st.composite
def _value(draw: st.DrawFn, place: str, slot: str) -> Value:
    if place == "companions":
        return tuple(draw(st.lists(hints("companion"), min_size=1, max_size=4)))
    if place == "cabin":
        return (draw(hints("cabin")),)
    if place in ("first", "rest"):
        return (draw(st.sampled_from([form for form in FORMS["payment"] if form != "split"]).flatmap(_payment)),)
    if place == "id":
        ids = {"identity": "mei_li_{}", "reservation": "K{}Z", "payment": "credit_card_{}"}
        return ids[slot].format(draw(_DIGITS))
    return draw(_PLAIN[place])


def _payment(form: str) -> st.SearchStrategy[Hint]:
    return hints("payment", form)
