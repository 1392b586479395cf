"""What the shop sells: product lines, their options, and the rules that keep their names safe inside a sentence."""

import math
import re
from collections.abc import Iterator
from functools import cache
from itertools import permutations, product
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.data import Entry, fault, finite, parse, repeated, short
from cove_rl.errors import InputError
from cove_rl.sandbox import read_text

FILE = "retail/catalogue.yaml"
FEWEST_VARIANTS = 5
"""A product line must allow at least this many combinations of option values."""

_FORBIDDEN = re.compile(r"""[,;()"'`&]""")
_JOINING = frozenset({"and", "for", "in", "plus", "with"})
_MOST_COMBINATIONS = 5000


class Line(Entry, frozen=True):
    """A product line.

    Attributes:
        name: a singular noun that can follow "the".
        price: what the plainest variant costs, in US dollars.
        options: option -> value -> what the value adds to the price, in US dollars.
        exclude: combinations nobody makes; each names some options and their values.
    """

    name: str
    price: float
    options: dict[str, dict[str, float]]
    exclude: tuple[dict[str, str], ...] = ()

    def combinations(self) -> list[dict[str, str]]:
        """Return every way to choose one value per option that is made, in the order of the file."""
        names = list(self.options)
        every = (dict(zip(names, values, strict=True)) for values in product(*self.options.values()))
        return [choice for choice in every if not any(gap.items() <= choice.items() for gap in self.exclude)]

    def list_price(self, choice: dict[str, str]) -> float:
        """Return what a combination costs before a world's own drift, in US dollars."""
        return self.price + math.fsum(self.options[option][value] for option, value in choice.items())


class Catalogue(Entry, frozen=True):
    """All product lines a world can draw on."""

    products: Annotated[tuple[Line, ...], Meta(min_length=1)]


@cache
def catalogue() -> Catalogue:
    """Return the checked catalogue of ``sandbox/retail/catalogue.yaml``, read once per process."""
    return read_catalogue(read_text(FILE))


def read_catalogue(text: str) -> Catalogue:
    """Return the catalogue in a YAML text.

    Raises:
        InputError: at the first rule the text breaks; the rules stand at the top of the file.
    """
    found = parse(text, Catalogue, FILE)
    for line in found.products:
        for fault_found in _line_faults(line):
            raise fault_found
    twice = repeated(line.name for line in found.products)
    if twice is not None:
        raise fault(FILE, f"two products are named '{short(twice)}'", "give each product its own name")
    for one, other in permutations(sorted(line.name for line in found.products), 2):
        if one.lower() in other.lower():
            what = f"the product name '{short(one)}' is part of '{short(other)}'"
            raise fault(FILE, what, "rename one, or a sentence about the longer one reads as about both")
    return found


def _line_faults(line: Line) -> Iterator[InputError]:
    """Yield what is wrong with one product line."""
    where = f"product '{short(line.name)}'"
    yield from word_faults(FILE, "product name", line.name)
    if not 2 <= len(line.options) <= 5:
        yield fault(FILE, f"{where} has {len(line.options)} options", "give it two to five")
    for option, values in line.options.items():
        yield from word_faults(FILE, f"option name of {where}", option)
        if not values:
            yield fault(FILE, f"{where}: option '{short(option)}' has no values", "list at least one")
        for value in values:
            yield from word_faults(FILE, f"value of {where}, option '{short(option)}'", value)
    twice = repeated(line.options)
    if twice is not None:
        yield fault(FILE, f"{where} has the option '{short(twice)}' twice", "merge the two")
    twice = repeated(value for values in line.options.values() for value in values)
    if twice is not None:
        yield fault(
            FILE, f"{where} has the value '{short(twice)}' twice", "reword one, so that a value tells its option"
        )
    yield from _exclusion_faults(line, where)
    yield from _price_faults(line, where)


def _exclusion_faults(line: Line, where: str) -> Iterator[InputError]:
    for gap in line.exclude:
        if not gap:
            yield fault(FILE, f"{where} has an empty entry under exclude", "remove it; it would exclude everything")
        for option, value in gap.items():
            if value not in line.options.get(option, {}):
                what = f"{where} excludes '{short(option)}: {short(value)}', which is no option and value of it"
                yield fault(FILE, what, "spell it as under options")
    size = math.prod(len(values) for values in line.options.values())
    if size > _MOST_COMBINATIONS:
        yield fault(FILE, f"{where} has {size} combinations", f"keep it to {_MOST_COMBINATIONS} by removing values")
    elif len(line.combinations()) < FEWEST_VARIANTS:
        what = f"{where} leaves {len(line.combinations())} combinations"
        yield fault(FILE, what, f"allow at least {FEWEST_VARIANTS}: add values or exclude fewer")


def _price_faults(line: Line, where: str) -> Iterator[InputError]:
    added = [price for values in line.options.values() for price in values.values()]
    if not finite(line.price, *added):
        yield fault(FILE, f"{where} has a price that is not a finite number", "give dollars, such as 24.5")
    elif line.price + math.fsum(min(values.values()) for values in line.options.values()) < 1:
        yield fault(FILE, f"{where} can cost less than one dollar", "raise its price or what its values add")


def word_faults(file: str, what: str, text: str) -> Iterator[InputError]:
    """Yield why a text could not be told apart inside a sentence, if so.

    Args:
        file: the data file the text stands in.
        what: what the text is: "product name".
        text: the name or value.
    """
    shown = f"the {what} '{short(text)}'"
    if not text or text != " ".join(text.split()) or not text.isascii() or not text.isprintable():
        yield fault(file, f"{shown} is empty, has stray spaces or is not ASCII", "write plain words, one space apart")
    mark = _FORBIDDEN.search(text)
    if mark:
        yield fault(file, f"{shown} contains {mark[0]}", "reword it; sentences about it must read back")
    joint = sorted(_JOINING.intersection(text.lower().split()))
    if joint:
        yield fault(file, f"{shown} contains the word '{joint[0]}'", "reword it; sentences about it must read back")
    if text.endswith("."):
        yield fault(file, f"{shown} ends with a full stop", "remove the full stop")
