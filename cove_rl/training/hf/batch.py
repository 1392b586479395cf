"""One batch of requests through transformers' generation."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from cove_rl.training.hf.prefixes import Known, Prefixes
from cove_rl.training.hf.recorder import LogitsListener, Recorder, TokenListener
from cove_rl.training.hf.request import Request, Sampling


class Layout:
    """Where the tokens of a batch stand.

    Every row is: blanks, what was read before, blanks, what is new; so both parts end in the same column in all rows.
    Blanks are masked, and positions are counted over what is not.

    Args:
        prompts: the prompts.
        known: how many tokens of each were read before.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], known: Sequence[int]) -> None:
        self._prompts = prompts
        self._known = known
        self._middle = max(known)
        self._width = self._middle + max(len(p) - k for p, k in zip(prompts, known, strict=True))

    def columns(self, row: int, drawn: int = 0) -> list[int]:
        """Return the columns of a row's prompt and of the first `drawn` tokens after it."""
        prompt, known = len(self._prompts[row]), self._known[row]
        before = range(self._middle - known, self._middle)
        return [*before, *range(self._width - (prompt - known), self._width + drawn)]

    def tensors(self, pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Return tokens and mask (rows x width each)."""
        ids = torch.full((len(self._prompts), self._width), pad, dtype=torch.long, device=device)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(self._prompts):
            columns = self.columns(row)
            ids[row, columns] = torch.tensor(prompt, device=device)
            mask[row, columns] = 1
        return ids, mask


@torch.no_grad()
def serve(model: Any, requests: Sequence[Request], prefixes: Prefixes, pad: int) -> None:
    """Generate for requests that agree in how tokens are drawn, and answer them.

    Args:
        model: a causal language model.
        requests: the requests.
        prefixes: what the model has read before; what it reads now is added.
        pad: a token for blanks.
    """
    recorder = Recorder(requests)
    known: list[Known] = [prefixes.find(request.prompt) for request in requests]
    layout = Layout([request.prompt for request in requests], [one.length for one in known])
    ids, mask = layout.tensors(pad, model.device)
    cache = prefixes.cache(known)
    model.generate(
        ids,
        attention_mask=mask,
        past_key_values=cache,
        generation_config=generation_config(requests[0].sampling, max(request.limit for request in requests), pad),
        logits_processor=LogitsProcessorList([LogitsListener(recorder)]),
        stopping_criteria=StoppingCriteriaList([TokenListener(recorder)]),
    )
    for row, request in enumerate(requests):
        answer = recorder.generated(row)
        read = request.prompt + answer.tokens[:-1]  # nobody has read the last token
        prefixes.keep(read, cache, row, layout.columns(row, len(answer.tokens) - 1))
        request.answer(answer)


def generation_config(sampling: Sampling, limit: int, pad: int) -> GenerationConfig:
    """Return transformers' settings for a batch."""
    warpers = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": max(sampling.top_k, 0)}
    drawing = sampling.temperature > 0
    return GenerationConfig(
        do_sample=drawing,
        max_new_tokens=limit,
        repetition_penalty=sampling.repetition_penalty,
        pad_token_id=pad,
        **(warpers if drawing else {}),
    )
