"""Tokens are exact: what was sampled stays as it is, everything else is as the template writes it, and masked.

Of the four templates Qwen3's is the one whose rendering of a whole conversation differs from what a policy saw: it
writes an empty reasoning block into the last answer, and leaves it out again of the answers before. There the two are
compared without such blocks. A conversation with reasoning, or with a turn that was cut, is not what any template
writes; there the reference is worked out from the sampled tokens and the text between them.
"""

from random import Random
from typing import Any
from unicodedata import normalize

import pytest

from cove_rl.world.domain import get_domain

from .cases import solved
from .dialogues import STUB, TEMPLATES, TOOLS, Played, dialogue, expected, faithful, rollout, tokenizer_of, wild
from .engines import (
    Chat,
    QuickQwenBuilder,
    QwenContinuousTokenBuilder,
    TokenError,
    TokenStream,
    chat_messages,
    conversation_tokens,
    quick,
    written_tokens,
)

DIALOGUES = 2000
"""Per template."""
FAITHFUL = 700
"""Those of them in which the policy writes as the template does."""
NO_THOUGHT = "<think>\n\n</think>\n\n"


def builder_of(template: str) -> Any:
    builder = quick(QwenContinuousTokenBuilder(tokenizer_of(template)))
    assert type(builder) is QuickQwenBuilder
    return builder


def prove(tokenizer: Any, played: Played) -> None:
    """Hold a rollout to what its tokens must be.

    Comparisons stand outside the asserts: pytest would spend minutes on the difference of two lists of thousands.
    """
    ids, mask = expected(tokenizer, played)
    stream = played.stream
    same_ids, same_mask = stream.response == ids, stream.mask == mask
    assert same_ids, "the response's tokens differ"
    assert same_mask, "the response mask differs"
    same_logprobs = stream.logprobs == [-1.0 * one for one in mask]
    assert same_logprobs, "the log-probabilities differ"


def whole(tokenizer: Any, played: Played, domain: Any = STUB) -> str:
    """Return the template's rendering of the recorded conversation."""
    messages = [{"role": "system", "content": domain.policy}, *chat_messages(played.recorded)]
    return str(tokenizer.apply_chat_template(messages, tools=domain.toolbox.schemas(), tokenize=False))


@pytest.mark.parametrize("template", TEMPLATES)
async def test_rollout_tokens_are_those_of_fine_tuning_and_of_the_whole_rendering(template: str) -> None:
    builder, tokenizer = builder_of(template), tokenizer_of(template)
    for seed in range(FAITHFUL):
        played = await rollout(builder, STUB, dialogue(Random(seed)), faithful, Random(seed))
        played.stream.check()
        prove(tokenizer, played)
        tuned = conversation_tokens(builder, STUB, played.recorded)
        assert (tuned.ids, tuned.mask) == (played.stream.ids, played.stream.mask)
        rendered = whole(tokenizer, played).removesuffix("\n")
        if template == "qwen3":
            spoken = normalize("NFC", rendered).replace(NO_THOUGHT, "")
            assert tokenizer.decode(tuned.ids).replace(NO_THOUGHT, "") == spoken
        else:
            assert tuned.ids == tokenizer.encode(rendered, add_special_tokens=False)


@pytest.mark.parametrize("template", TEMPLATES)
async def test_whatever_is_sampled_is_kept_and_alone_masked_in(template: str) -> None:
    builder, tokenizer = builder_of(template), tokenizer_of(template)
    for seed in range(FAITHFUL, DIALOGUES):
        played = await rollout(builder, STUB, dialogue(Random(seed)), wild, Random(seed))
        played.stream.check()
        prove(tokenizer, played)
        cut_and_prove(played, Random(seed))


def cut_and_prove(played: Played, rng: Random) -> None:
    """Cut a trajectory somewhere: what is left is its beginning, and still passes its check."""
    stream = played.stream
    ids, mask, prompt = list(stream.ids), list(stream.mask), list(stream.prompt)
    length = rng.randint(0, len(mask) + 5)
    stream.cut(length)
    stream.check()
    assert stream.ids == ids[: len(prompt) + length]
    assert stream.mask == mask[:length]
    assert len(stream.logprobs) == len(stream.mask) == len(stream.response)


@pytest.mark.parametrize("template", TEMPLATES)
async def test_the_quick_builder_makes_verls_tokens(template: str) -> None:
    slow = QwenContinuousTokenBuilder(tokenizer_of(template))
    for seed in range(100):
        messages = dialogue(Random(seed))
        one, other = [
            (await rollout(builder, STUB, messages, wild, Random(seed))).stream
            for builder in (builder_of(template), slow)
        ]
        assert (one.ids, one.mask, one.logprobs) == (other.ids, other.mask, other.logprobs)


@pytest.mark.parametrize("template", TEMPLATES)
async def test_episodes_of_the_domain_too(template: str) -> None:
    builder, tokenizer, domain = builder_of(template), tokenizer_of(template), get_domain("retail")
    slow = QwenContinuousTokenBuilder(tokenizer)
    for number, one in enumerate(solved()[:6]):
        messages = one.trajectory.messages
        played = await rollout(builder, domain, messages, faithful, Random(number))
        prove(tokenizer, played)
        tuned = conversation_tokens(builder, domain, one.trajectory.messages)
        assert tuned.ids == played.stream.ids[: len(tuned.ids)]
        assert tuned.ids == conversation_tokens(slow, domain, one.trajectory.messages).ids


class Rerendered(TokenStream):
    """Renders the history again with every message, as chat endpoints do."""

    def observed(self, messages: Any) -> None:
        before = len(self.ids)
        self._messages.extend(messages)
        self.ids = self._builder.build_initial_tokens(self._messages, tools=self._tools)
        self.mask += [0] * (len(self.ids) - before)
        self.logprobs += [0.0] * (len(self.ids) - before)


class Shifted(TokenStream):
    """Has its mask one token too late."""

    def sampled(self, token_ids: Any, logprobs: Any, message: Chat) -> None:
        super().sampled(token_ids, logprobs, message)
        self.mask = [0, *self.mask[:-1]]


class Unmasked(TokenStream):
    """Trains on the first tool result as well."""

    def observed(self, messages: Any) -> None:
        before = len(self.mask)
        super().observed(messages)
        if messages[0]["role"] == "tool":
            self.mask[before:] = [1] * (len(self.mask) - before)


class Clipped(TokenStream):
    """Loses the line break after a turn."""

    def observed(self, messages: Any) -> None:
        super().observed(messages)
        place = len(self.ids) - 1 - self.ids[::-1].index(self._builder.tokenizer.convert_tokens_to_ids("<|im_start|>"))
        for some, at in ((self.ids, place), (self.mask, place - self._prompt), (self.logprobs, place - self._prompt)):
            del some[at - 1]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("defect", [Rerendered, Shifted, Unmasked, Clipped])
async def test_a_seeded_defect_fails_the_property(template: str, defect: type[TokenStream]) -> None:
    caught = 0
    for seed in range(40):
        played = await rollout(builder_of(template), STUB, dialogue(Random(seed)), wild, Random(seed), defect)
        try:
            prove(tokenizer_of(template), played)
        except AssertionError:
            caught += 1
    assert caught > 20


@pytest.mark.parametrize("defect", [Rerendered, Shifted, Unmasked])
async def test_a_seeded_defect_fails_the_check_of_every_trajectory(defect: type[TokenStream]) -> None:
    caught = 0
    for seed in range(40):
        played = await rollout(builder_of("ours"), STUB, dialogue(Random(seed)), wild, Random(seed), defect)
        try:
            played.stream.check()
        except TokenError:
            caught += 1
    assert caught > 20


class Telling(QwenContinuousTokenBuilder):
    """Stands for a template that repeats the tools before each message."""

    def _render_tokens(self, messages: Any, *, add_generation_prompt: bool, tools: Any = None) -> list[int]:
        ids: list[int] = super()._render_tokens(messages, add_generation_prompt=add_generation_prompt, tools=tools)
        return [*ids, len(tools or ())]


def test_a_builder_that_is_not_verls_own_is_left_alone() -> None:
    builder = Telling(tokenizer_of("ours"))
    assert quick(builder) is builder


def test_tools_are_rendered_where_a_template_needs_them() -> None:
    tokenizer = tokenizer_of("qwen2_5")
    template = tokenizer.chat_template
    try:
        tokenizer.chat_template = template.replace(
            "{{- '<|im_start|>assistant\\n' }}", "{{- '<|im_start|>assistant\\n' ~ (tools or [])|length ~ '\\n' }}"
        )
        assert tokenizer.chat_template != template
        builder, slow = builder_of("qwen2_5"), QwenContinuousTokenBuilder(tokenizer)
        before: list[Chat] = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        after: list[Chat] = [*before, {"role": "user", "content": "c"}]
        merged = [one.merge_context_tokens(before, after, [1], tools=TOOLS).token_ids for one in (builder, slow)]
        assert merged[0] == merged[1]
        assert tokenizer.decode(merged[0]).endswith("assistant\n2\n")
    finally:
        tokenizer.chat_template = template


def test_sampled_nonsense_is_refused() -> None:
    stream = TokenStream(builder_of("ours"), TOOLS)
    stream.open([{"role": "user", "content": "Hello."}])
    answer: Chat = {"role": "assistant", "content": ""}
    for ids, logprobs in (([], []), ([-1], [0.0]), ([5], []), ([5], [float("nan")]), ([5, 6], [0.0, float("-inf")])):
        with pytest.raises(TokenError, match="cannot be trained on"):
            stream.sampled(ids, logprobs, answer)
    assert stream.response == []


def test_a_template_that_does_not_end_answers_is_refused() -> None:
    tokenizer = tokenizer_of("qwen2_5")
    template = tokenizer.chat_template
    try:
        for old, new, words in (
            ("message.content + '<|im_end|>' + '\\n'", "message.content + '\\n'", "does not end an answer"),
            ("{{- '<|im_start|>assistant\\n' }}", "{{- '<|im_start|>agent\\n' }}", "its own generation prompt"),
        ):
            tokenizer.chat_template = template.replace(old, new)
            assert tokenizer.chat_template != template
            with pytest.raises(TokenError, match=words):
                written_tokens(builder_of("qwen2_5"), {"role": "assistant", "content": "Hello."})
    finally:
        tokenizer.chat_template = template
