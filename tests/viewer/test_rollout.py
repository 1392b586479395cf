"""Tokens packed for a file: nothing is lost on the way to the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.errors import InputError
from cove_rl.viewer.rollout import BROKEN, pack, unpack


def decode(ids: list[int]) -> str:
    """Return bytes as text: a tokenizer of single bytes cuts every other character in pieces."""
    return bytes(ids).decode(errors="replace")


@given(st.text(max_size=40), st.text(max_size=40), st.data())
def test_tokens_come_out_as_they_went_in(prompt: str, response: str, data: st.DataObject) -> None:
    ids = list((prompt + response).encode())
    length = len(prompt.encode())
    mask = data.draw(st.lists(st.integers(0, 1), min_size=len(ids) - length, max_size=len(ids) - length))
    logprobs = [-0.25 * (1 + place) if on else 0.0 for place, on in enumerate(mask)]
    shown = unpack(pack(ids, length, mask, logprobs, decode))
    assert list(shown.ids) == ids
    assert list(shown.mask) == [0] * length + mask
    assert list(shown.logprobs or ()) == [0.0] * length + logprobs
    assert "".join(shown.texts) == prompt + response
    assert len(shown.texts) == len(ids)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_lose_no_token(data: bytes) -> None:
    shown = unpack(pack(list(data), 0, [1] * len(data), None, decode))
    assert len(shown.texts) == len(data)
    assert shown.logprobs is None
    text = "".join(shown.texts)
    assert [one for one in text if one != BROKEN] == [one for one in data.decode(errors="replace") if one != BROKEN]


def test_a_token_that_is_part_of_a_character_adds_nothing() -> None:
    shown = unpack(pack(list("aé€".encode()), 0, [1] * 6, None, decode))
    assert shown.texts == ("a", "", "é", "", "", "€")


def test_parts_that_do_not_fit_are_refused() -> None:
    packed = pack(list(b"abc"), 1, [1, 0], [-0.5, 0.0], decode)
    for wrong in ({"widths": (1, 1)}, {"mask": (1,)}, {"text": "ab"}, {"logprobs": ()}, {"prompt": 2}):
        with pytest.raises(InputError, match="do not fit"):
            unpack(replace(packed, **wrong))
