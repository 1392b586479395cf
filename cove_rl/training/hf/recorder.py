"""Listen to transformers' generation: the log-probability of every token drawn, and which rows are done."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria

from cove_rl.training.hf.request import Generated, Request


class Recorder:
    """The record of one batch. Row `i` of every tensor is request `i`; nothing but the last step's scores is kept."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._temperature = requests[0].sampling.temperature or 1.0
        self._tokens: list[list[int]] = [[] for _ in requests]
        self._logprobs: list[list[float]] = [[] for _ in requests]
        self._done: list[Any] = [None for _ in requests]
        self._scores: torch.Tensor | None = None

    def see(self, logits: torch.Tensor) -> None:
        """Take the raw logits of a step (rows x vocabulary), before anything is cut away."""
        self._scores = torch.log_softmax(logits.float() / self._temperature, dim=-1)

    def hear(self, drawn: torch.Tensor) -> torch.Tensor:
        """Take the tokens drawn (rows) and return which rows are done (rows, bool)."""
        assert self._scores is not None
        tokens = drawn.tolist()
        logprobs = self._scores.gather(1, drawn[:, None]).squeeze(1).tolist()
        for row, request in enumerate(self._requests):
            if self._done[row] is None:
                self._tokens[row].append(tokens[row])
                self._logprobs[row].append(logprobs[row])
                self._done[row] = self._reason(request, self._tokens[row])
        return torch.tensor([reason is not None for reason in self._done], device=drawn.device)

    @staticmethod
    def _reason(request: Request, tokens: list[int]) -> str | None:
        if tokens[-1] in request.stops:
            return "stop"
        if len(tokens) >= request.limit:
            return "length"
        return "aborted" if request.is_over() else None

    def generated(self, row: int) -> Generated:
        """Return the answer to a request, once its row is done."""
        return Generated(self._tokens[row], self._logprobs[row], self._done[row] or "aborted")


class LogitsListener(LogitsProcessor):  # type: ignore[misc]  # transformers' bases have no complete types
    """Shows a recorder the logits; changes nothing. transformers puts it before temperature, top-k and top-p."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores as they came."""
        self._recorder.see(scores)
        return scores


class TokenListener(StoppingCriteria):  # type: ignore[misc]
    """Tells a recorder the tokens drawn, and transformers which rows are done."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Return which rows are done."""
        return self._recorder.hear(input_ids[:, -1])
