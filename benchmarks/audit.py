"""Measure wrong zeros: rewards of 0 for episodes that the customer spoilt, with the audit and without it.

Run it with ``python benchmarks/audit.py``; ``--json`` prints figures for a machine to read. The policy is the oracle,
or one that makes mistakes in half of the episodes; it plays through the agent loop of training, with a customer who
stops early in a share of the episodes. Whether they did is what they themselves recorded, not what the audit says; the
audit has no part in counting.
"""

import asyncio
import logging
import sys
import warnings
from argparse import ArgumentParser, Namespace
from random import Random
from typing import Any

import msgspec
from omegaconf import DictConfig, OmegaConf

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import MISTAKES
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task, encode_task
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from hydra.utils import instantiate
    from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap, _agent_loop_registry
    from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder
    from verl.workers.rollout.replica import TokenOutput

    from cove_rl.episode.chat import chat_messages
    from cove_rl.training.builder import quick
    from cove_rl.training.loop import CoveAgentLoop, EpisodeFailedError
    from cove_rl.training.reward import cove_reward
    from cove_rl.training.tiny import Size, build_tokenizer
    from cove_rl.training.tokens import written_tokens

WORLD = 7


class Count(msgspec.Struct):
    """What became of the episodes, with the audit or without it.

    Attributes:
        audit: whether it decided.
        episodes: how many were asked for.
        rewarded: how many got a reward; the others would have dropped their groups.
        attempts: conversations that were held, retries included.
        spoilt: of those, by a customer who stopped early.
        kept: rewards of conversations that the customer spoilt.
        wrong_zeros: of those, zeros.
        zeros: rewards of 0 in all.
    """

    audit: bool
    episodes: int = 0
    rewarded: int = 0
    attempts: int = 0
    spoilt: int = 0
    kept: int = 0
    wrong_zeros: int = 0
    zeros: int = 0


class Live:
    """A rollout engine for one episode, played by an agent that reads the conversation from the prompt's tokens."""

    def __init__(self, task: Task, world: World, tokenizer: Any, builder: Any, mistaken: bool, seed: str) -> None:
        self._task, self._world, self._seed = task, world, seed
        self._tokenizer, self._builder = tokenizer, builder
        self._mistaken = mistaken
        self._agents: dict[str, Agent] = {}

    def _agent(self, number: int) -> Agent:
        rng = Random(f"{self._seed}:{number}")  # noqa: S311  (reproducible)
        if self._mistaken and rng.random() < 0.5:
            return ClumsyOracle(self._task, self._world, {rng.choice(MISTAKES): 0.6}, f"{self._seed}:{number}")
        return Oracle(self._task.domain, f"{self._seed}:{number}")

    async def generate(self, request_id: str, *, prompt_ids: list[int], **_: Any) -> TokenOutput:
        """Return the agent's next turn."""
        agent = self._agents.setdefault(request_id, self._agent(len(self._agents)))
        message = await agent.act(_heard(self._tokenizer.decode(prompt_ids)))
        tokens = written_tokens(self._builder, chat_messages([message])[0])
        return TokenOutput(token_ids=tokens, log_probs=[-1.0] * len(tokens))


def _heard(prompt: str) -> list[Message]:
    """Return the conversation in a prompt: what was said, and what tools returned."""
    messages: list[Message] = []
    for turn in prompt.split("<|im_start|>")[2:-1]:
        role, _, text = turn.removesuffix("\n").removesuffix("<|im_end|>").partition("\n")
        if role == "user" and text.startswith("<tool_response>\n"):
            results = text.removesuffix("\n</tool_response>").removeprefix("<tool_response>\n")
            parts = results.split("\n</tool_response>\n<tool_response>\n")
            messages += [Message("tool", part, error=part.startswith("Error: ")) for part in parts]
        else:
            messages.append(Message("user" if role == "user" else "assistant", text))
    return messages


class Measuring:
    """Plays the tasks and counts.

    Args:
        options: the command line's.
    """

    def __init__(self, options: Namespace) -> None:
        self._options = options
        self._world = get_domain("retail").world(WORLD)
        sampled = Sampling(self._world.ref, WORLD, Mix())(list(range(options.tasks)))
        self._tasks = [one.solved.task for one in sampled]
        self._tokenizer = build_tokenizer(["retail"], Size().vocabulary, 100)
        self._builder = quick(create_continuous_token_builder(self._tokenizer, hf_model_type="qwen3"))

    async def count(self, *, audited: bool) -> Count:
        """Play every task as often as a group has members."""
        count = Count(audited)
        for task in self._tasks:
            for member in range(self._options.repeat):
                await self._play(task, member, count)
        return count

    async def _play(self, task: Task, member: int, count: Count) -> None:
        met: list[FaultyUser] = []

        def meet(task: Task) -> User:
            settings = FaultySettings("stops_early", self._options.share)
            met.append(FaultyUser(task, settings, 1000 * member + len(met)))
            return met[-1]

        engine = Live(
            task, self._world, self._tokenizer, self._builder, self._options.mistakes, f"{task.seed}:{member}"
        )
        loop = self._loop(engine, audited=count.audit)
        loop.make_user = meet  # type: ignore[method-assign]
        info = {"task": encode_task(task).decode()}
        count.episodes += 1
        try:
            output = await loop.run({"temperature": 1.0}, extra_info=info)
        except EpisodeFailedError:
            output = None
        count.attempts += len(met)
        count.spoilt += sum(bool(user.planted) for user in met)
        if output is None:
            return
        reward = cove_reward(extra_info={**info, **output.extra_fields})
        ruined = bool(met[-1].planted) and reward["score"] < 1.0
        count.rewarded += 1
        count.zeros += reward["score"] == 0.0
        count.kept += ruined
        count.wrong_zeros += ruined and reward["score"] == 0.0

    def _loop(self, engine: Live, *, audited: bool) -> CoveAgentLoop:
        config = _config(audited)
        loop: CoveAgentLoop = instantiate(
            config=_agent_loop_registry["cove_agent"],
            trainer_config=DictConfigWrap(config),
            server_manager=engine,
            tokenizer=self._tokenizer,
            processor=None,
            hf_model_type="qwen3",
            dataset_cls=None,
            data_config=DictConfigWrap(config.data),
            tools=ToolListWrap([]),
        )
        return loop


def _config(audited: bool) -> DictConfig:
    rollout = {"prompt_length": 16384, "response_length": 65536, "calculate_log_probs": True}
    split = {"train": {"worlds": [WORLD], "tasks": 1}}
    cove = {"domains": {"retail": 1.0}, "splits": split, "audit": audited}
    return OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}, "cove": cove})


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=250)
    parser.add_argument("--repeat", type=int, default=4, help="episodes of each task; GRPO plays it n times")
    parser.add_argument("--share", type=float, default=0.3, help="of the episodes in which the customer stops early")
    parser.add_argument("--mistakes", action="store_true", help="the agent makes mistakes in half of the episodes")
    parser.add_argument("--json", action="store_true")
    logging.disable(logging.WARNING)
    measuring = Measuring(parser.parse_args())
    counts = [asyncio.run(measuring.count(audited=audited)) for audited in (False, True)]
    if parser.parse_args().json:
        sys.stdout.buffer.write(msgspec.json.encode(counts) + b"\n")
        return
    print("audit  episodes  rewarded  attempts  spoilt  zeros  kept spoilt  wrong zeros  share of rewards")
    for one in counts:
        share = one.wrong_zeros / max(1, one.rewarded)
        figures = f"{one.episodes:10}{one.rewarded:10}{one.attempts:10}{one.spoilt:8}{one.zeros:7}{one.kept:13}"
        print(f"{'on' if one.audit else 'off':5}{figures}{one.wrong_zeros:13}{share:18.1%}")


if __name__ == "__main__":
    main()
