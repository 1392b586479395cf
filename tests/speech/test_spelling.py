"""What is misspelt is read as it was meant, and facts are never touched."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.spelling import Spelling

from .wordings import GRAMMAR, SPEECH, same, statements

WORDS = GRAMMAR.spelling
SEEDS = st.integers(0, 10_000)


def leaves(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from (str(key), *leaves(value))
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)
    else:
        yield str(data)


@pytest.mark.parametrize(
    "name",
    [
        "retail/catalogue.yaml",
        "retail/speech.yaml",
        "airline/airports.yaml",
        "airline/speech.yaml",
        "people.yaml",
        "places.yaml",
        "speech.yaml",
    ],
)
def test_no_misspelling_is_a_word_that_is_used(name: str) -> None:
    data = {key: value for key, value in read_yaml(name).items() if key != "misspelt"}
    used = {word.lower() for text in leaves(data) for word in re.findall(r"[A-Za-z]+", text)}
    assert used & WORDS.misspellings == set()


@given(said=st.lists(statements(), min_size=1, max_size=3), seed=SEEDS, share=st.floats(0, 1))
@settings(max_examples=60)
def test_sentences_with_typos_are_heard_as_what_was_meant(said: list[Any], seed: int, share: float) -> None:
    rng = Random(seed)
    sentences = [GRAMMAR.compose(act, told, rng) for act, told in said]
    spelt = [WORDS.misspell(one.text, share, rng, one.phrases) for one in sentences]
    assert all(
        phrase.lower() in text.lower() for one, text in zip(sentences, spelt, strict=True) for phrase in one.phrases
    )
    heard = GRAMMAR.hear(" ".join(spelt))
    assert [one.act for one in heard] == [act for act, _ in said]
    for one, (_, told) in zip(heard, said, strict=True):
        assert one.hints.keys() == told.keys()
        assert all(same(hint, one.hints[slot]) for slot, hint in told.items())


@given(act=st.sampled_from([*GRAMMAR.acts(), "hello", "remark", "bye", "forgot"]), seed=SEEDS)
def test_correcting_undoes_every_typo(act: str, seed: int) -> None:
    for text in SPEECH.sentences(act):
        spelt = WORDS.misspell(text, 1.0, Random(seed))
        assert WORDS.correct(spelt) == text


def test_typos_do_happen() -> None:
    texts = [text for act in GRAMMAR.acts() for text in SPEECH.sentences(act)]
    spelt = [WORDS.misspell(text, 1.0, Random(1)) for text in texts]
    assert sum(one != other for one, other in zip(texts, spelt, strict=True)) > 0.8 * len(texts)
    assert [WORDS.misspell(text, 0.0, Random(1)) for text in texts] == texts


@given(st.text(max_size=60), st.text(max_size=30), SEEDS)
def test_what_is_to_be_kept_is_kept(text: str, kept: str, seed: int) -> None:
    assert kept in WORDS.misspell(f"please {text} {kept} order {text}", 1.0, Random(seed), [kept] if kept else [])


@pytest.mark.parametrize("fact", ["teh@example.com", "a.teh@x.org", "#teh", "teh_1", "teh-x", "x-teh", "o'teh"])
def test_a_part_of_something_else_is_no_misspelling(fact: str) -> None:
    assert WORDS.correct(f"it is {fact}, teh one") == f"it is {fact}, the one"


@pytest.mark.parametrize("misspelt", [{"a": ["x"], "b": ["x"]}, {"the": ["that"], "that": ["taht"]}])
def test_a_misspelling_of_two_words_is_one_error(misspelt: dict[str, list[str]]) -> None:
    with pytest.raises(DomainError, match="misspelling"):
        Spelling(misspelt)
