"""A recorded rollout: an episode of training with the very tokens it will be trained on."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from cove_rl.audit.finding import Audit
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.verify.verdict import Verdict
from cove_rl.viewer.detail import TokensView

BROKEN = "\ufffd"
"""What a tokenizer decodes to where bytes are no whole character."""
_LONGEST_CHARACTER = 8
"""Tokens that may make up one character before its bytes count as broken; UTF-8 needs four."""


class RolloutTokens(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tokens of a rollout, compact and exact.

    Attributes:
        ids: every token, the prompt's first.
        prompt: how many of them are the prompt.
        text: all of them as text.
        widths: characters (code points) of `text` that belong to each token.
        mask: lengths of the runs of the response's mask, which begins with sampled tokens: 5, 3, 2 is five sampled
            ones, three others, two sampled ones.
        logprobs: one natural logarithm per sampled token; None if the engine returned none.
    """

    ids: tuple[int, ...]
    prompt: int
    text: str
    widths: tuple[int, ...]
    mask: tuple[int, ...]
    logprobs: tuple[float, ...] | None = None


class RecordedRollout(msgspec.Struct, frozen=True):
    """One line of a file of rollouts.

    Attributes:
        task: the task, as `cove_rl.tasks.task.encode_task` writes it.
        trajectory: the episode.
        tokens: its tokens.
        verdict: the verifier's answer.
        audit: what the audit says.
        step: number of the update the policy had last seen; None if the engine does not say.
    """

    task: msgspec.Raw
    trajectory: Trajectory
    tokens: RolloutTokens
    verdict: Verdict
    audit: Audit
    step: int | None = None


def pack(
    ids: Sequence[int],
    prompt: int,
    mask: Sequence[int],
    logprobs: Sequence[float] | None,
    decode: Callable[[list[int]], str],
) -> RolloutTokens:
    """Return tokens as they are recorded.

    Args:
        ids: every token.
        prompt: how many are the prompt.
        mask: one entry per token after the prompt.
        logprobs: one entry per token after the prompt, or None.
        decode: turns tokens into text, special ones included.
    """
    texts = _texts(ids, decode)
    kept = None if logprobs is None else tuple(one for one, on in zip(logprobs, mask, strict=True) if on)
    widths = tuple(map(len, texts))
    return RolloutTokens(tuple(ids), prompt, "".join(texts), widths, tuple(_runs(mask)), kept)


def unpack(tokens: RolloutTokens) -> TokensView:
    """Return recorded tokens as the page shows them.

    Raises:
        InputError: if the parts do not fit together.
    """
    response = [1 - number % 2 for number, run in enumerate(tokens.mask) for _ in range(run)]
    mask = [0] * tokens.prompt + response
    sampled = sum(mask)
    whole = len(mask) == len(tokens.ids) == len(tokens.widths) and sum(tokens.widths) == len(tokens.text)
    if not whole or (tokens.logprobs is not None and len(tokens.logprobs) != sampled):
        raise InputError(f"a rollout's {len(tokens.ids)} tokens, their mask and their text do not fit together")
    texts, place = [], 0
    for width in tokens.widths:
        texts.append(tokens.text[place : place + width])
        place += width
    known = iter(tokens.logprobs or ())
    logprobs = None if tokens.logprobs is None else tuple(next(known) if on else 0.0 for on in mask)
    return TokensView(tuple(texts), tokens.ids, tuple(mask), logprobs, tokens.prompt)


def _texts(ids: Sequence[int], decode: Callable[[list[int]], str]) -> list[str]:
    """Return what each token adds; the parts of one character add nothing before the last of them."""
    known: dict[int, str] = {}
    texts: list[str] = []
    waiting: list[int] = []
    for token in ids:
        waiting.append(token)
        if len(waiting) == 1 and token not in known:
            known[token] = decode([token])
        text = known[token] if len(waiting) == 1 else decode(waiting)
        if text.endswith(BROKEN) and len(waiting) < _LONGEST_CHARACTER:
            texts.append("")
        else:
            texts.append(text)
            waiting = []
    if waiting:
        texts[-1] = decode(waiting)
    return texts


def _runs(mask: Sequence[int]) -> Iterator[int]:
    """Yield the lengths of runs of equal entries, the first of them of ones (and perhaps empty)."""
    wanted, length = 1, 0
    for one in mask:
        if one != wanted:
            yield length
            wanted, length = one, 0
        length += 1
    yield length
