"""A wording with places to fill, usable in both directions: fill it in, or read it back."""

import re
from collections.abc import Mapping

from cove_rl.errors import DomainError

_PLACE = re.compile(r"\{([^\W\d]\w*)\}")


class Template:
    """One wording such as ``please cancel {order}``.

    Attributes:
        text: the wording as written.
        places: names of the places to fill, in the order they appear.
        first: the first literal word in lower case, or "" when the wording starts with a place.
    """

    __slots__ = ("_pattern", "first", "places", "text")

    def __init__(self, text: str, shapes: Mapping[str, str], *, sentence: bool = False) -> None:
        """Compile a wording.

        Args:
            text: the wording.
            shapes: regular expressions for places whose content has a known form; others match any text.
            sentence: whether it stands as a sentence of its own, followed by white space or the end.

        Raises:
            DomainError: if a brace does not belong to a place, a place comes twice, or its shape is no regular
                expression.
        """
        self.text = text
        self.places = tuple(_PLACE.findall(text))
        parts = _PLACE.split(text)
        if len(set(self.places)) < len(self.places) or any("{" in part or "}" in part for part in parts[::2]):
            raise DomainError(f"the wording '{text}' needs places like {{order}}, each of them once")
        self.first = parts[0].split(" ")[0].lower() if " " in parts[0] else ""
        pattern = "".join(
            f"(?P<{part}>{shapes.get(part, '.+?')})" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
        try:
            self._pattern = re.compile(pattern + (r"(?=\s|$)" if sentence else r"\Z"), re.IGNORECASE)
        except re.error as error:
            raise DomainError(f"a shape in the wording '{text}' is no regular expression: {error}") from None

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the wording with every place filled."""
        return _PLACE.sub(lambda match: values[match[1]], self.text)

    def read(self, text: str, start: int = 0) -> "re.Match[str] | None":
        """Return the match of the wording in `text` at `start`, its groups named after the places, or None."""
        return self._pattern.match(text, start)
