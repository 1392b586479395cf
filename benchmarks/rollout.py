"""Measure rollouts: episodes a second with an engine that answers at once, and the share of time beside generation.

Run it with ``python benchmarks/rollout.py``; ``--json`` prints figures for a machine to read. One process. The policy
is the oracle: its turns are tokenized beforehand and played back. Agent loops are made as verl's worker makes them, one
per episode, and each task is played 16 times, as GRPO does. ``--generate`` measures the second figure: a small model
then generates as many tokens as each turn has, on the CPU engine, before the turn is given.
"""

import asyncio
import os
import platform
import sys
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from statistics import mean, quantiles
from time import perf_counter, process_time
from typing import Any

import msgspec
from omegaconf import DictConfig, OmegaConf

from cove_rl.synth.tasks import Sampling, Solved
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import encode_task
from cove_rl.world.domain import get_domain

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from hydra.utils import instantiate
    from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap, _agent_loop_registry
    from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder
    from verl.workers.rollout.replica import TokenOutput

    from cove_rl.episode.chat import chat_messages
    from cove_rl.training.builder import quick
    from cove_rl.training.loop import CoveAgentLoop
    from cove_rl.training.tiny import Size, build_model, build_tokenizer
    from cove_rl.training.tokens import written_tokens

AT_ONCE = (1, 64, 1024)
WORLD = 7


class Figure(msgspec.Struct):
    """Episodes at a given number at once: how many a second, and the seconds of one.

    Attributes:
        at_once: episodes under way at any time.
        episodes: how many were played.
        per_second: how many of them a second.
        p50: half of them took no longer, from their start to their end; p95 and p99 likewise.
        cpu: processor seconds of one.
        outside: share of an episode's time in which it did not wait for the engine.
    """

    at_once: int
    episodes: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu: float
    outside: float


class Playback:
    """An engine for one episode that gives recorded turns, at once or after generating as many tokens."""

    def __init__(self, turns: Sequence[list[int]], model: Any) -> None:
        self._turns = iter(turns)
        self._model = model

    async def generate(self, request_id: str, *, prompt_ids: list[int], **_: Any) -> TokenOutput:
        """Return the next turn."""
        turn = next(self._turns)
        if self._model is not None:
            await self._model(prompt_ids, len(turn))
        return TokenOutput(token_ids=turn, log_probs=[-1.0] * len(turn))


class Episodes:
    """Recorded episodes that can be played again."""

    def __init__(self, tokenizer: Any, solved: Sequence[Solved], repeat: int) -> None:
        self._repeat = repeat
        self._tokenizer = tokenizer
        self._config = _config()
        self.model: Any = None
        builder = quick(create_continuous_token_builder(tokenizer, hf_model_type="qwen3"))
        self._recorded = [
            (
                {"extra_info": {"task": encode_task(one.task).decode()}},
                [
                    written_tokens(builder, chat)
                    for chat in chat_messages(one.trajectory.messages[1:])
                    if chat["role"] == "assistant"
                ],
            )
            for one in solved
        ]

    async def play(self, number: int) -> tuple[float, float]:
        """Play one episode; return its seconds and those it waited for the engine."""
        row, turns = self._recorded[number // self._repeat]
        started = perf_counter()
        loop: CoveAgentLoop = instantiate(
            config=_agent_loop_registry["cove_agent"],
            trainer_config=DictConfigWrap(self._config),
            server_manager=Playback(turns, self.model),
            tokenizer=self._tokenizer,
            processor=None,
            hf_model_type="qwen3",
            dataset_cls=None,
            data_config=DictConfigWrap(self._config.data),
            tools=ToolListWrap([]),
        )
        output = await loop.run({"temperature": 1.0}, **row)
        assert output.extra_fields["cove_attempts"] == 1
        return perf_counter() - started, output.metrics.generate_sequences

    async def measure(self, at_once: int, episodes: int) -> Figure:
        """Play so many episodes, so many of them at once."""
        numbers = iter(range(episodes))

        async def worker() -> list[tuple[float, float]]:
            return [await self.play(number) for number in numbers]

        started, used = perf_counter(), process_time()
        times = [time for some in await asyncio.gather(*(worker() for _ in range(at_once))) for time in some]
        elapsed, used = perf_counter() - started, process_time() - used
        cuts = quantiles([whole for whole, _ in times], n=100)
        outside = mean(1 - waited / whole for whole, waited in times)
        return Figure(at_once, episodes, episodes / elapsed, cuts[49], cuts[94], cuts[98], used / episodes, outside)


def _config() -> DictConfig:
    rollout = {"prompt_length": 16384, "response_length": 65536, "calculate_log_probs": True}
    cove = {"domains": {"retail": 1.0}, "splits": {"train": {"worlds": [WORLD], "tasks": 1}}}
    return OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}, "cove": cove})


def _generator(tokenizer: Any) -> Any:
    """Return what generates a number of tokens after a prompt, on the CPU engine."""
    from cove_rl.training.hf.engine import HfEngine
    from cove_rl.training.hf.request import Sampling as Drawing

    engine = HfEngine(build_model(tokenizer, Size()))

    async def generate(prompt_ids: list[int], count: int) -> None:
        await engine.generate(prompt_ids, count, Drawing())

    return generate


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=2048, help="per figure")
    parser.add_argument("--repeat", type=int, default=16, help="times each task is played; GRPO plays it n times")
    parser.add_argument("--at-once", type=int, nargs="+", default=AT_ONCE)
    parser.add_argument("--generate", action="store_true", help="generate with a small model before each turn")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(_measure(options))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("at once  episodes  episodes/s   p50 ms   p95 ms   p99 ms   CPU ms  outside generation")
    for one in figures:
        times = "".join(f"{seconds * 1000:9.1f}" for seconds in (one.p50, one.p95, one.p99, one.cpu))
        print(f"{one.at_once:7} {one.episodes:9} {one.per_second:11.1f}{times} {one.outside:19.1%}")


async def _measure(options: Namespace) -> list[Figure]:
    domain = get_domain("retail")
    tokenizer = build_tokenizer(["retail"], Size().vocabulary, 100)
    solved = [
        one.solved
        for one in Sampling(domain.world(WORLD).ref, WORLD, Mix())(list(range(-(-options.episodes // options.repeat))))
    ]
    episodes = Episodes(tokenizer, solved, options.repeat)
    await episodes.measure(1, min(32, options.episodes))  # what all episodes share is made now
    episodes.model = _generator(tokenizer) if options.generate else None
    return [await episodes.measure(number, options.episodes) for number in options.at_once]


if __name__ == "__main__":
    main()
