"""Hints of every slot and form that retail's grammar words, made of the names in the catalogue and in other tables."""

from typing import Any

from hypothesis import strategies as st

from cove_rl.domains.retail.catalogue import Line, catalogue
from cove_rl.domains.retail.customers import new_address
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar
from cove_rl.speech.speech import speech_of
from cove_rl.world.hint import Hint, Value

SPEECH = speech_of("retail")
GRAMMAR = SPEECH.grammar
DATA: dict[str, Any] = {**read_yaml("retail/speech.yaml")}
FORMS: dict[str, list[str]] = {slot: list(forms) for slot, forms in DATA["phrases"].items()}
LINES = catalogue().products
SLOTS = [(slot, form) for slot, forms in FORMS.items() for form in forms]
SHAPES = sorted((act, tuple(sorted(shape))) for act in GRAMMAR.acts() for shape in GRAMMAR.shapes_of(act))
"""Every act with every set of hints one sentence of it can carry, in the order of the file."""

SMALL_TALK = [
    *(line for lines in read_yaml("speech.yaml")["customer"].values() for line in lines),
    *(text for mood in SPEECH.moods.values() for texts in mood.values() for text in texts),
]

_DIGITS = st.text("0123456789", min_size=4, max_size=4)
_NAMES = st.sampled_from([*read_yaml("people.yaml")["first_names"], *read_yaml("people.yaml")["last_names"]])
_CARDS = ["visa", "mastercard", "amex", "discover"]


@st.composite
def _options(draw: st.DrawFn, line: Line) -> dict[str, str]:
    """Some options of a variant that is made."""
    choice = draw(st.sampled_from(line.combinations()))
    names = draw(st.lists(st.sampled_from(sorted(choice)), min_size=1, unique=True))
    return {name: choice[name] for name in names}


@st.composite
def _items(draw: st.DrawFn) -> tuple[Hint, ...]:
    lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=4, unique_by=lambda line: line.name))
    return tuple([draw(_item(line)) for line in lines])


@st.composite
def _item(draw: st.DrawFn, line: Line, form: str | None = None) -> Hint:
    form = form or draw(st.sampled_from(FORMS["item"]))
    values: dict[str, dict[str, Value]] = {
        "exact": {"id": draw(_DIGITS) + "000000"},
        "name": {"product": line.name},
        "options": {"product": line.name, "options": draw(_options(line))},
    }
    return Hint("item", form, values[form])


@st.composite
def _new(draw: st.DrawFn, line: Line, form: str | None = None) -> Hint:
    form = form or draw(st.sampled_from(FORMS["new"]))
    values: dict[str, dict[str, Value]] = {
        "exact": {"id": draw(_DIGITS) + "111111"},
        "options": {"options": draw(_options(line))},
    }
    return Hint("new", form, values[form])


@st.composite
def _changes(draw: st.DrawFn) -> tuple[Hint, ...]:
    lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=3, unique_by=lambda line: line.name))
    return tuple([Hint("change", "swap", {"item": (draw(_item(line)),), "new": (draw(_new(line)),)}) for line in lines])


@st.composite
def hints(draw: st.DrawFn, slot: str, form: str | None = None) -> Hint:
    """A hint of a slot, of any of its forms or of one."""
    form = form or draw(st.sampled_from(FORMS[slot]))
    if slot in ("item", "new"):
        return draw((_item if slot == "item" else _new)(draw(st.sampled_from(LINES)), form))
    places = {place for text in DATA["phrases"][slot][form] for place in _places(text)}
    return Hint(slot, form, {place: draw(_value(place, slot)) for place in sorted(places)})


@st.composite
def statements(draw: st.DrawFn, shape: tuple[str, tuple[str, ...]] | None = None) -> tuple[str, dict[str, Hint]]:
    """An act and hints that one sentence of it can carry."""
    act, slots = shape or draw(st.sampled_from(SHAPES))
    return act, {slot: draw(hints(slot)) for slot in slots}


def _places(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


@st.composite
def _value(draw: st.DrawFn, place: str, slot: str) -> Value:
    address = new_address(draw(st.randoms(use_true_random=False)))
    if place in ("items", "changes"):
        return draw(_items() if place == "items" else _changes())
    if place in ("order", "item", "new"):
        return (draw(hints(place)),)
    simple: dict[str, st.SearchStrategy[str]] = {
        "id": _DIGITS.map(lambda text: {"order": f"#W{text}567", "payment": f"credit_card_{text}890"}.get(slot, text)),
        "first_name": _NAMES,
        "last_name": _NAMES,
        "email": _NAMES.map(lambda name: f"{name.lower()}.o_neil4217@example.com"),
        "last_four": _DIGITS,
        "brand": st.sampled_from(_CARDS),
        "zip": st.just(address.zip),
    }
    return draw(simple[place]) if place in simple else str(getattr(address, place))


def same(meant: Hint, heard: Hint, grammar: Grammar = GRAMMAR) -> bool:
    """Whether what was heard is what was meant, to anybody who knows the things it may be about."""
    if (meant.slot, meant.form, meant.values.keys()) != (heard.slot, heard.form, heard.values.keys()):
        return False
    return all(_same_value(value, heard.values[place], grammar) for place, value in meant.values.items())


def _same_value(meant: Value, heard: Value, grammar: Grammar) -> bool:
    if isinstance(meant, str):
        return isinstance(heard, str) and meant.lower() == heard.lower()
    if isinstance(meant, dict):
        return grammar.count_pairs(heard) == len(meant) and grammar.pairs(heard, meant) == meant
    return len(meant) == len(heard) and all(
        isinstance(other, Hint) and same(one, other, grammar) for one, other in zip(meant, heard, strict=True)
    )
