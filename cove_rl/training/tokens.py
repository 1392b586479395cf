"""The tokens of one conversation: what the policy sampled is kept as it is, everything else is appended and masked.

Fine-tuning and rollouts use this one class, so a model is trained on exactly the tokens it will see. Nothing is ever
rendered again: verl's continuous-token builder renders each new message alone and joins it to what is there.
"""

import math
from collections.abc import Sequence
from typing import Any

from verl.utils.tokenizer.continuous_token import ContinuousTokenBuilder

from cove_rl.episode.chat import Chat, chat_messages, system_message
from cove_rl.episode.trajectory import Message
from cove_rl.training.builder import TokenError as TokenError
from cove_rl.world.domain import Domain


class TokenStream:
    """The growing tokens of one conversation, with the response mask.

    Attributes:
        ids: every token so far, prompt included.
        mask: one entry per token after the prompt: 1 if the policy sampled it, 0 otherwise.
        logprobs: one entry per token after the prompt: its log-probability when sampled, 0.0 for the others.
    """

    def __init__(self, builder: ContinuousTokenBuilder, tools: list[dict[str, Any]]) -> None:
        self.ids: list[int] = []
        self.mask: list[int] = []
        self.logprobs: list[float] = []
        self._builder = builder
        self._tools = tools
        self._messages: list[Chat] = []
        self._sampled: list[int] = []
        self._prompt = 0

    def open(self, messages: Sequence[Chat]) -> None:
        """Render the prompt: system, greeting, the customer's first message, and the start of an answer."""
        self._messages = list(messages)
        self.ids = list(self._builder.build_initial_tokens(self._messages, tools=self._tools))
        self._prompt = len(self.ids)

    def sampled(self, token_ids: Sequence[int], logprobs: Sequence[float] | None, message: Chat) -> None:
        """Append what the policy sampled in one turn, and the message it was taken for.

        Raises:
            TokenError: if there is nothing, or something that is no token or has no logarithm of a probability.
        """
        known = list(logprobs) if logprobs is not None else [0.0] * len(token_ids)
        if not token_ids or min(token_ids) < 0 or len(known) != len(token_ids) or not all(map(math.isfinite, known)):
            raise TokenError(f"{len(token_ids)} tokens with {len(known)} log-probabilities cannot be trained on")
        merged = self._builder.merge_assistant_tokens(self.ids, list(token_ids))
        self.mask, aligned = self._builder.align_response_metadata(
            merged, self.mask, self.logprobs, assistant_logprobs=known
        )
        self.ids, self.logprobs = merged.token_ids, aligned or []
        self._sampled.extend(token_ids)
        self._messages.append(message)

    def observed(self, messages: Sequence[Chat]) -> None:
        """Append tool results or the customer's reply, masked, and the start of the next answer."""
        self._close_turn()
        updated = [*self._messages, *messages]
        merged = self._builder.merge_context_tokens(self._messages, updated, self.ids, tools=self._tools)
        self.mask, aligned = self._builder.align_response_metadata(merged, self.mask, self.logprobs)
        self.ids, self.logprobs = merged.token_ids, aligned or []
        self._messages = updated

    def _close_turn(self) -> None:
        """End a turn that was cut before the policy could end it, with a token that is not trained on."""
        end = turn_end(self._builder)
        if self._messages[-1]["role"] == "assistant" and self.ids[-1] != end:
            self.ids.append(end)
            self.mask.append(0)
            self.logprobs.append(0.0)

    @property
    def prompt(self) -> list[int]:
        """The tokens before the first answer."""
        return self.ids[: self._prompt]

    @property
    def response(self) -> list[int]:
        """The tokens from the first answer on."""
        return self.ids[self._prompt :]

    def cut(self, length: int) -> None:
        """Keep at most `length` tokens of the response."""
        del self.ids[self._prompt + length :]
        del self.mask[length:]
        del self.logprobs[length:]
        del self._sampled[sum(self.mask) :]

    def check(self) -> None:
        """Make sure that the masked-in tokens are exactly the sampled ones, in their order.

        Raises:
            TokenError: if they are not.
        """
        if not len(self.mask) == len(self.logprobs) == len(self.response):
            raise TokenError(f"{len(self.response)} response tokens, {len(self.mask)} mask entries")
        kept = [token for token, one in zip(self.response, self.mask, strict=True) if one]
        if kept != self._sampled:
            raise TokenError(f"the response mask marks {len(kept)} tokens, not the {len(self._sampled)} sampled ones")


def turn_end(builder: ContinuousTokenBuilder) -> int:
    """Return the token that ends a turn: the builder's own where it has one, else the end of a sequence."""
    return int(getattr(builder, "_im_end_id", builder.tokenizer.eos_token_id))


def written_tokens(builder: ContinuousTokenBuilder, message: Chat) -> list[int]:
    """Return an assistant message as the policy would have sampled it, end of turn included.

    The template says how: these are the tokens by which a conversation with the message differs from one in which the
    assistant is about to speak.

    Raises:
        TokenError: if the template renders what comes before an answer differently once the answer is there.
    """
    before = [{"role": "system", "content": ""}, {"role": "user", "content": ""}]
    about_to_speak = builder._render_tokens(before, add_generation_prompt=True)
    spoken = builder._render_tokens([*before, message], add_generation_prompt=False)
    if spoken[: len(about_to_speak)] != about_to_speak:
        raise TokenError("the chat template does not continue its own generation prompt")
    tokens = list(spoken[len(about_to_speak) :])
    end = turn_end(builder)
    if end not in tokens:
        raise TokenError("the chat template does not end an answer with the token that ends a turn")
    last = len(tokens) - 1 - tokens[::-1].index(end)
    return tokens[: last + 1]


def conversation_tokens(builder: ContinuousTokenBuilder, domain: Domain, messages: Sequence[Message]) -> TokenStream:
    """Return the tokens of a recorded conversation as they would be if a policy had sampled what the assistant said.

    What comes after the assistant's last message is left out: a policy never sees it.

    Args:
        builder: the policy's.
        domain: whose policy and tools the prompt states.
        messages: the conversation, from the greeting on.
    """
    return chat_tokens(builder, [system_message(domain), *chat_messages(messages)], domain.toolbox.schemas())


def chat_tokens(builder: ContinuousTokenBuilder, chats: Sequence[Chat], tools: list[dict[str, Any]]) -> TokenStream:
    """Return the tokens of a conversation with its system prompt, as `conversation_tokens` does.

    Args:
        builder: the policy's.
        chats: the conversation, system prompt first; up to the answer to the first message of the customer it is the
            prompt.
        tools: schemas of the tools that the prompt states.

    Raises:
        TokenError: if no answer follows the customer's first message, or one follows another.
    """
    roles = [chat["role"] for chat in chats]
    heard = roles.index("user") if "user" in roles else len(roles)
    if "assistant" not in roles[heard:]:
        raise TokenError("the assistant says nothing after the customer's first message")
    start = roles.index("assistant", heard)
    stream = TokenStream(builder, tools)
    stream.open(chats[:start])
    seen: list[Chat] = []
    for place, chat in enumerate(chats[start:], start):
        if chat["role"] != "assistant":
            seen.append(chat)
            continue
        if seen:
            stream.observed(seen)
            seen = []
        elif place > start:
            raise TokenError("the assistant speaks twice in a row, which a policy cannot")
        stream.sampled(written_tokens(builder, chat), None, chat)
    stream.check()
    return stream
