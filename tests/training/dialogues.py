"""Random dialogues, tokenizers with the templates of Qwen models, and what tokens and mask must come out."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import GREETING, Domain, get_domain

from .cases import solved
from .engines import MARKS, Qwen2Tokenizer, TokenStream, TurnReader, build_tokenizer, chat_messages, written_tokens

TEMPLATES = ("qwen2_5", "qwen3", "qwen3_instruct_2507", "ours")
WORDS = tuple("order #W0123456 Zürich naïve 東京 🙂 e\u0301 ok. a it's 10001 &<>' <b> x Yes?".split())  # noqa: SIM905
WORDS += ("", "\t", '{"a": [1, 2.50]}', "1 + 1")
NASTY = ("\n", "\n\n", " \n ", "<|im_end|>", "<|im_start|>", "<tool_call>", "</tool_response>", "<think>", "\u0301", "")
TOOLS = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": {"type": "object"}}}
    for name in ("look", "write")
]
STUB = cast(
    "Domain", SimpleNamespace(policy="Be kind.\n\n- And brief.", toolbox=SimpleNamespace(schemas=lambda: TOOLS))
)
"""As much of a domain as tokens depend on, with a short prompt."""


@cache
def tokenizer_of(template: str) -> Any:
    """Return a tokenizer with a template: ours, or one of Qwen's with Qwen's way to split a text."""
    if template == "ours":
        return build_tokenizer(["retail"], 4096, 20)
    tokenizer = _qwen()
    tokenizer.chat_template = _template(template)
    return tokenizer


def _template(name: str) -> str:
    """Return a template that comes with trl, as package data."""
    spec = find_spec("trl")
    assert spec is not None, "these tests read the chat templates in the trl package: pip install trl"
    assert spec.origin is not None
    return (Path(spec.origin).parent / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def _qwen() -> Any:
    """Return a small tokenizer that normalizes and splits as Qwen's does."""
    tokenizer = Qwen2Tokenizer()
    core: Tokenizer = tokenizer.backend_tokenizer
    blank = Tokenizer(models.BPE())
    blank.normalizer, blank.pre_tokenizer = core.normalizer, core.pre_tokenizer
    texts = [message.content for one in solved() for message in one.trajectory.messages]
    blank.train_from_iterator(
        [get_domain("retail").policy, *texts],
        trainers.BpeTrainer(vocab_size=2000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False),
    )
    trained: Any = msgspec.json.decode(blank.to_str())["model"]
    merges: Any = [tuple(merge) for merge in trained["merges"]]
    made = Qwen2Tokenizer(
        vocab=trained["vocab"],
        merges=merges,
        eos_token="<|im_end|>",
        extra_special_tokens=["<|im_start|>"],
    )
    made.add_tokens([AddedToken(mark, normalized=False, special=False) for mark in MARKS])
    return made


def text(rng: Random, *, nasty: bool) -> str:
    parts = rng.choices(WORDS, k=rng.randint(1, 12))
    if nasty and rng.random() < 0.4:
        parts.insert(rng.randint(0, len(parts)), rng.choice(NASTY))
    return " ".join(parts) if rng.random() < 0.7 else "".join(parts)


def dialogue(rng: Random) -> list[Message]:
    """Return a conversation of some turns that ends with the agent's word; what others say may be anything."""
    messages = [Message("assistant", GREETING), Message("user", text(rng, nasty=True))]
    for _ in range(rng.randint(1, 7)):
        messages.append(_turn(rng))
        calls = messages[-1].calls
        messages.extend(Message("tool", text(rng, nasty=True), call_id=call.id) for call in calls)
        if not calls:
            messages.append(Message("user", text(rng, nasty=True)))
    return [*messages, _turn(rng)]


def _turn(rng: Random) -> Message:
    calls = [_call(rng, f"call_{place}") for place in range(rng.choice((0, 0, 1, 1, 3)))]
    spoken = text(rng, nasty=False) if not calls or rng.random() < 0.3 else ""
    return Message("assistant", spoken.strip(), tuple(calls))


def _call(rng: Random, call_id: str) -> ToolCall:
    arguments: dict[str, Any] = {"a": text(rng, nasty=False), "b": rng.choice((1, 2.5, None, [{}]))}
    return ToolCall(call_id, rng.choice(("look", "write")), arguments)


def blocks(messages: Sequence[Message]) -> Iterator[tuple[Message, list[Message]]]:
    """Yield every turn of the agent after the greeting, with what it saw next."""
    for place, message in enumerate(messages):
        if message.role == "assistant" and place > 0:
            seen = []
            for later in messages[place + 1 :]:
                if later.role == "assistant":
                    break
                seen.append(later)
            yield message, seen


def faithful(rng: Random, builder: Any, message: Message) -> list[int]:
    """Sample a turn as the template would write it."""
    return written_tokens(builder, chat_messages([message])[0])


def wild(rng: Random, builder: Any, message: Message) -> list[int]:
    """Sample a turn as models do, too: with reasoning, in other tokens than a tokenizer's, or cut before its end."""
    tokens = faithful(rng, builder, message)
    way = rng.random()
    if way < 0.3:
        return tokens[: rng.randint(1, len(tokens))]
    if way < 0.6:
        return [*rng.choices(range(len(builder.tokenizer)), k=rng.randint(1, 30)), tokens[-1]]
    think = builder.tokenizer.encode(f"<think>\n{text(rng, nasty=False)}\n</think>\n\n", add_special_tokens=False)
    return [*think, *tokens] if way < 0.8 else tokens


class Played(msgspec.Struct):
    """A rollout: its tokens, what was sampled in each turn and what was seen next, and the messages recorded."""

    stream: TokenStream
    sampled: list[list[int]]
    seen: list[list[Message]]
    recorded: list[Message]


async def rollout(
    builder: Any, domain: Domain, messages: Sequence[Message], sample: Any, rng: Random, kind: Any = TokenStream
) -> Played:
    """Play a dialogue, turn by turn, the way the agent loop feeds a `TokenStream`."""
    reader = TurnReader("hermes", builder.tokenizer, [])
    stream = kind(builder, domain.toolbox.schemas())
    stream.open([{"role": "system", "content": domain.policy}, *chat_messages(messages[:2])])
    played = Played(stream, [], [], list(messages[:2]))
    for message, seen in blocks(messages):
        tokens = sample(rng, builder, message)
        read = await reader.read(tokens)
        stream.sampled(tokens, [-1.0] * len(tokens), chat_messages([read])[0])
        if seen:
            stream.observed(chat_messages(seen))
        played.sampled.append(tokens)
        played.seen.append(seen)
        played.recorded.extend([read, *seen])
    return played


def expected(tokenizer: Any, played: Played) -> tuple[list[int], list[int]]:
    """Return the tokens after the prompt and their mask, worked out from rendered text and the sampled tokens alone."""
    ids: list[int] = []
    mask: list[int] = []
    for tokens, seen in zip(played.sampled, played.seen, strict=True):
        ids += tokens
        mask += [1] * len(tokens)
        if seen:
            end = "" if tokens[-1] == tokenizer.eos_token_id else "<|im_end|>"
            between = tokenizer.encode(end + "\n" + _rendered(tokenizer, seen), add_special_tokens=False)
            ids += between
            mask += [0] * len(between)
    return ids, mask


def _rendered(tokenizer: Any, seen: Sequence[Message]) -> str:
    """Return what the template makes of messages after an answer, up to the next one."""
    before = [{"role": "user", "content": "-"}, {"role": "assistant", "content": "ANSWER"}]
    whole = tokenizer.apply_chat_template([*before, *chat_messages(seen)], tokenize=False, add_generation_prompt=True)
    return str(whole.split("ANSWER<|im_end|>\n", 1)[1])
