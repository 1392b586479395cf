"""An airline customer takes what agents write for what a person would take it for."""

import pytest

from cove_rl.sandbox import read_yaml
from cove_rl.users.listening import AgentSaid, ear_of

EAR = ear_of("airline")

KEYS = {
    "ask.request": "more",
    "ask.new_flights": "outbound inbound",
    "ask.other_inbound": "inbound",
    "ask.other_outbound": "outbound",
    "ask.difference": "payment",
    "give_up": "refused",
    "cancelled_by_user": "",
    "more": "more",
    "refuse.change_instead": "refused",
}
"""What the oracle's sentences are; the others tell it by their key: ask.reservation, propose.add_bags, refuse.route."""
VALUES = {
    "name": "Mei",
    "reservation": "AB12CD",
    "trip": "Boston to Las Vegas and back, May 20 and May 24, economy",
    "reason": "change of plan",
    "flights": "KIR012 on May 20 at 08:30 and KIR345 on May 20 at 12:00",
    "cabin": "basic economy",
    "passengers": "Mei Li, Omar Silva and Zoe O'Neil",
    "old": "Omar Silva",
    "new": "Zoe O'Neil",
    "bags": "2 bags",
    "count": "5",
    "insurance": "without travel insurance",
    "total": "$1250",
    "payment": "your $100 travel certificate ($100) and your visa card ending in 0123 ($250)",
}


def reading(said: AgentSaid) -> set[str]:
    """What was heard, as the words of the tables."""
    flags = {"offer": said.offers, "more": said.more, "refused": said.refused, "done": said.done}
    return set(said.asks) | {name for name, heard in flags.items() if heard}


def own_sentences() -> list[tuple[str, str, str]]:
    """Key, sentence and meaning of all the oracle says to a customer."""
    lines: dict[str, list[str]] = {**read_yaml("speech.yaml")["agent"], **read_yaml("airline/speech.yaml")["agent"]}
    outcomes = [text for key, texts in lines.items() if key.startswith("done.") for text in texts]
    found = []
    for key, texts in lines.items():
        kind, _, rest = key.partition(".")
        meant = {"ask": rest, "unknown": rest, "propose": "offer", "refuse": "refused", "done": "done"}.get(kind, "")
        if key.startswith(("done.", "transfer.")):
            continue  # parts of other sentences, and what only colleagues read
        for text in texts:
            fills = outcomes if "{what}" in text else [""]
            found += [(key, text.format(**VALUES, what=what), KEYS.get(key, meant)) for what in fills]
    return found


@pytest.mark.parametrize(("key", "text", "meant"), own_sentences())
def test_the_oracles_own_sentences_are_read_as_what_they_are(key: str, text: str, meant: str) -> None:
    heard = reading(EAR.listen(text))
    assert heard >= set(meant.split())
    assert "offer" not in heard or meant == "offer"
    assert "done" not in heard or meant == "done"
    assert "more" not in heard or meant == "more"
    assert ("refused" in heard) == (meant == "refused") or key.startswith("unknown.")
