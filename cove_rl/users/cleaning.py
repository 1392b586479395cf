"""From what a model wrote to what the customer says: no markup, no other side, a stop only at the end, bounded."""

import re

from cove_rl.episode.episode import STOP

_TOOLS = re.compile(r"<(tool_call|tool_response|function)\b.*?(?:</\1>|$)", re.DOTALL)
_MARKS = re.compile(r"<\|[^<>|]{0,40}\|>|</?[a-z_]{1,20}>|```\w*")
_OWN_NAME = re.compile(r"^\W{0,4}(?:customer|user|client|human|me)\W{0,4}:\W{0,4}(?=\S)", re.IGNORECASE)
_OTHER_SIDE = re.compile(r"^\W{0,4}(?:(?:service )?agent|assistant|representative|system)\W{0,3}:", re.I | re.M)
_STOP = re.compile(r"#{2,}\s{0,2}STOP\b(?:\s{0,2}#{1,})?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_QUOTES = {'"': '"', "\u201c": "\u201d", "\u00ab": "\u00bb"}


def cleaned(text: str, longest: int) -> str:
    """Return a model's text as the customer's message; "" if nothing is left of it.

    Args:
        text: what the model wrote, without reasoning.
        longest: characters of the message, `STOP` not counted; a longer one is cut after a sentence, if there is one.
    """
    text = _MARKS.sub(" ", _TOOLS.sub(" ", text)).strip()
    text = _OWN_NAME.sub("", text)
    other = _OTHER_SIDE.search(text)
    text = text[: other.start()] if other else text
    said, *rest = _STOP.split(text, maxsplit=1)
    said = _unquoted(" ".join("".join(_printable(letter) for letter in said).split()))
    return " ".join(part for part in (_cut(said, longest), STOP if rest else "") if part)


def is_useless(said: str, heard: str, *, first: bool) -> bool:
    """Return whether a cleaned message is none a customer could send.

    Args:
        said: the message.
        heard: what the agent said before it.
        first: whether it opens the conversation from the customer's side: then it must not end it as well.
    """
    words = said.replace(STOP, "").strip()
    if STOP in said:
        return first
    return not any(letter.isalnum() for letter in words) or words.casefold() == heard.strip().casefold()


def _printable(letter: str) -> str:
    return letter if letter.isprintable() or letter.isspace() else " "


def _unquoted(text: str) -> str:
    """Return a text without the quotation marks around all of it."""
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        return text[1:-1].strip()
    return text


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    text = text[:longest]
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else text.rsplit(" ", 1)[0]
