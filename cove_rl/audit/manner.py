"""Did the customer talk like a customer? These rules need no task."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from cove_rl.audit.cues import cues
from cove_rl.audit.finding import Finding
from cove_rl.audit.transcript import Said, plain

_LETTER = re.compile(r"[^\W_]")
_SEVERAL = 3
"""Times of which nobody says that it was chance."""
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_ASCII_WORD = re.compile(r"\b[A-Za-z]{4,}\b")


def machine(said: Sequence[Said], tools: Collection[str]) -> Iterator[Finding]:
    """Wrote the syntax of tools or of chat templates, or a call of one of the domain's tools."""
    for one in said:
        match = cues().machine.search(one.text)
        called = next((f"{name}(" for name in tools if f"{name}(" in one.text), "")
        if match or called:
            yield Finding("tool_syntax", one.place, match[0] if match else called)


def agent_voice(said: Sequence[Said]) -> Iterator[Finding]:
    """Spoke as the agent, or of being a program; a sentence the grammar knows is a customer's."""
    for one in said:
        match = next(filter(None, (cues().agent.search(text) for text in one.loose)), None)
        if match:
            yield Finding("spoke_as_agent", one.place, match.string[:200])


def rubbish(said: Sequence[Said]) -> Iterator[Finding]:
    """Said nothing, no words, one word over and over, or left a template unfilled."""
    for one in said:
        if not one.stops and not _LETTER.search(one.text):
            yield Finding("rubbish", one.place, repr(one.text[:80]) if one.text else "nothing")
        elif _is_noise(" ".join(one.loose)):
            yield Finding("rubbish", one.place, repr(one.text[:80]))


def _is_noise(loose: str) -> bool:
    words = plain(loose).split()
    letters = len(_LETTER.findall(loose))
    plain_words = _ASCII_WORD.findall(loose)
    mute = [word for word in plain_words if not _VOWEL.search(word) and not word.isupper()]
    return bool(
        cues().unfilled.search(loose)
        or (len(words) >= 6 and len(set(words)) == 1)
        or (len(loose) >= 8 and letters < 0.4 * len(loose.replace(" ", "")))
        or (len(mute) >= _SEVERAL and len(mute) > 0.6 * len(plain_words) and loose.isascii())
    )


def repeated(said: Sequence[Said], is_line: Callable[[str], bool]) -> Iterator[Finding]:
    """Said the same again although the agent had said something else.

    Once is enough where the message gives details nobody had asked for; where it does not, twice: people say "okay"
    twice, and not only to the same thing. An answer to a question, a proposal or a refusal may be the same again.

    Args:
        said: the customer's messages.
        is_line: whether a text is made of lines without information.
    """
    run = 1
    for last, one in pairwise(said):
        same = plain(last.text) == plain(one.text) != ""
        other = plain(last.agent) != plain(one.agent)
        run = run + 1 if same and other else 1
        if not same or one.stops or is_line(one.text) or _may_repeat(one):
            continue
        detailed = any(heard.hints for heard in one.heard) and (other or one.comes_to.asks)
        if detailed or run >= _SEVERAL:
            yield Finding("repeated", one.place, one.text[:200])


def _may_repeat(said: Said) -> bool:
    """Whether what the agent said may be answered with what was said before."""
    agent = said.comes_to
    told = {slot for heard in said.heard for slot in heard.hints}
    answers = bool(agent.asks & told) or bool(agent.asks and said.loose)
    return answers or agent.offers or agent.refused or not said.agent.strip()
