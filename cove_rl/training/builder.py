"""verl's token builder for Qwen models, made quick; its tokens are the same."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from verl.utils.tokenizer.chat_template import apply_chat_template
from verl.utils.tokenizer.continuous_token import ContinuousTokenBuilder, QwenContinuousTokenBuilder

from cove_rl.episode.chat import Chat
from cove_rl.errors import CoveError

_MARKS = ("<|im_start|>", "<|im_end|>")
_PIECES = 2048
"""How many texts have their tokens remembered, between two marks and as whole messages: what 100 tasks bring about."""
_PROBES: tuple[list[Chat], ...] = (
    [{"role": "user", "content": "Where is my order?"}],
    [{"role": "tool", "content": "{}", "tool_call_id": "call_1"}],
    [{"role": "tool", "content": "a", "tool_call_id": "1"}, {"role": "tool", "content": "b", "tool_call_id": "2"}],
)


class TokenError(CoveError):
    """A trajectory's tokens are not what they must be; it must not be trained on."""


class QuickQwenBuilder(QwenContinuousTokenBuilder):
    """Renders a message without doing again what does not depend on it.

    verl renders each message behind a made-up conversation, tools included, and tokenizes all of it. Here the tools
    are left out where probes show that a template has them in its first message alone, and a text is tokenized piece
    by piece between the marks of turns, where every tokenizer with such tokens cuts it anyway; pieces are remembered.

    Args:
        tokenizer: the policy's.
        kwargs: verl's, such as `chat_template_kwargs`.
    """

    def __init__(self, tokenizer: Any, **kwargs: Any) -> None:
        super().__init__(tokenizer, **kwargs)
        self._split = re.compile("(" + "|".join(map(re.escape, _MARKS)) + ")")
        self._marks = {mark: tokenizer.convert_tokens_to_ids(mark) for mark in _MARKS}
        self._piece = lru_cache(_PIECES)(self._tokenized)
        self._made: dict[str, list[int]] = {}
        self._tools_matter: dict[tuple[int, ...], tuple[list[Any], bool]] = {}

    def _tokenized(self, text: str) -> tuple[int, ...]:
        core = getattr(self.tokenizer, "backend_tokenizer", None)
        if core is None:
            return tuple(self.tokenizer.encode(text, add_special_tokens=False))
        return tuple(
            core.encode(text, add_special_tokens=False).ids
        )  # the wrapper hands even one text to a thread pool

    def _render_tokens(
        self, messages: list[Chat], *, add_generation_prompt: bool, tools: list[dict[str, Any]] | None = None
    ) -> list[int]:
        text = apply_chat_template(
            self.tokenizer,
            messages,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            tools=tools,
            **self.chat_template_kwargs,
        )
        ids: list[int] = []
        for piece in self._split.split(str(text)):
            if piece in self._marks:
                ids.append(self._marks[piece])
            elif piece:
                ids.extend(self._piece(piece))
        return ids

    def render_delta_token_id(
        self,
        prefix_messages: list[Chat],
        appended_messages: list[Chat],
        *,
        add_generation_prompt: bool = False,
        tools: list[dict[str, Any]] | None = None,
    ) -> list[int]:
        """Return the tokens of messages appended to others, as verl's method does."""
        needed = tools if tools and self._do_tools_matter(tools) else None
        if needed is not None:
            delta: list[int] = super().render_delta_token_id(
                prefix_messages, appended_messages, add_generation_prompt=add_generation_prompt, tools=needed
            )
            return delta
        key = repr((prefix_messages, appended_messages, add_generation_prompt))
        return self._known(key, lambda: self._delta(prefix_messages, appended_messages, add_generation_prompt))

    def _delta(self, prefix: list[Chat], appended: list[Chat], speaking: bool) -> list[int]:
        before = self._known(repr(prefix), lambda: self._render_tokens(prefix, add_generation_prompt=False))
        after = self._render_tokens([*prefix, *appended], add_generation_prompt=speaking)
        if after[: len(before)] != before:
            raise TokenError("the chat template does not continue a conversation the way it began it")
        return after[len(before) :]

    def _known(self, key: str, make: Callable[[], list[int]]) -> list[int]:
        """Return tokens made before; the episodes of one group hear and read much that is the same."""
        if key not in self._made:
            if len(self._made) >= _PIECES:
                self._made.clear()
            self._made[key] = make()
        return self._made[key]

    def _do_tools_matter(self, tools: list[dict[str, Any]]) -> bool:
        """Whether a template renders anything but its first message differently with tools than without."""
        key = tuple(map(id, tools))
        known = self._tools_matter.get(key)
        if known is None:  # the tools are kept beside their answer, so that no others get their numbers
            deltas = [[self._probed(probe, given) for probe in _PROBES] for given in (tools, None)]
            known = self._tools_matter[key] = (list(tools), deltas[0] != deltas[1])
        return known[1]

    def _probed(self, probe: list[Chat], tools: list[dict[str, Any]] | None) -> list[int]:
        before: list[Chat] = [{"role": "system", "content": "-"}, {"role": "user", "content": "-"}]
        if probe[0]["role"] == "tool":
            before.append(self._synthetic_assistant_for_tools(probe))
        delta: list[int] = super().render_delta_token_id(before, probe, add_generation_prompt=True, tools=tools)
        return delta


def quick(builder: ContinuousTokenBuilder) -> ContinuousTokenBuilder:
    """Return a builder of the same tokens that is quicker, where there is one, else the builder itself.

    verl makes a builder per episode; the quick one is kept as long as tokenizer, template and their options stay.
    """
    if type(builder) is not QwenContinuousTokenBuilder:
        return builder
    tokenizer, kwargs = builder.tokenizer, dict(builder.chat_template_kwargs)
    key = (id(tokenizer), str(tokenizer.chat_template), repr(kwargs))
    if key not in _KEPT:
        made = QuickQwenBuilder(tokenizer, chat_template_kwargs=kwargs)
        _KEPT[key] = made if _cuts_at_marks(tokenizer) else builder
    return _KEPT[key]


_KEPT: dict[tuple[int, str, str], ContinuousTokenBuilder] = {}


def _cuts_at_marks(tokenizer: Any) -> bool:
    """Whether the marks are tokens that cut a text in two, whatever stands around them."""
    added = {str(token.content): token for token in tokenizer.added_tokens_decoder.values()}
    marks = [added.get(mark) for mark in _MARKS]
    return all(mark and not (mark.lstrip or mark.rstrip or mark.single_word or mark.normalized) for mark in marks)
