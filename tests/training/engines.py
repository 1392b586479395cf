"""Rollout engines and customers that need no model, and the agent loop as verl's worker makes it."""

import warnings
from collections.abc import Sequence
from typing import Any

import msgspec
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task, encode_task

from .cases import WORLD

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from transformers import AutoConfig as AutoConfig
    from transformers import AutoTokenizer as AutoTokenizer
    from transformers.models.qwen2.tokenization_qwen2 import Qwen2Tokenizer as Qwen2Tokenizer
    from verl.experimental.agent_loop.agent_loop import (
        AgentLoopOutput,
        DictConfigWrap,
        ToolListWrap,
        _agent_loop_registry,
    )
    from verl.tools.schemas import OpenAIFunctionToolSchema as OpenAIFunctionToolSchema
    from verl.utils.tokenizer.continuous_token import ContinuousTokenBuilder
    from verl.utils.tokenizer.continuous_token import QwenContinuousTokenBuilder as QwenContinuousTokenBuilder
    from verl.workers.rollout.replica import TokenOutput as TokenOutput

    from cove_rl.episode.chat import Chat as Chat
    from cove_rl.episode.chat import chat_messages as chat_messages
    from cove_rl.tasks.strangers import Strangers as Strangers
    from cove_rl.training import tiny as tiny
    from cove_rl.training.builder import QuickQwenBuilder as QuickQwenBuilder
    from cove_rl.training.builder import quick as quick
    from cove_rl.training.dataset import CoveTasks as CoveTasks
    from cove_rl.training.deadline import LateError as LateError
    from cove_rl.training.deadline import within as within
    from cove_rl.training.loop import CoveAgentLoop as CoveAgentLoop
    from cove_rl.training.loop import EpisodeFailedError as EpisodeFailedError
    from cove_rl.training.reward import cove_reward as cove_reward
    from cove_rl.training.settings import Settings as Settings
    from cove_rl.training.settings import Split as Split
    from cove_rl.training.settings import read_settings as read_settings
    from cove_rl.training.tiny import MARKS as MARKS
    from cove_rl.training.tiny import Size as Size
    from cove_rl.training.tiny import build_model as build_model
    from cove_rl.training.tiny import build_tiny as build_tiny
    from cove_rl.training.tiny import build_tokenizer as build_tokenizer
    from cove_rl.training.tiny import make_model as make_model
    from cove_rl.training.tokens import TokenError as TokenError
    from cove_rl.training.tokens import TokenStream as TokenStream
    from cove_rl.training.tokens import conversation_tokens as conversation_tokens
    from cove_rl.training.tokens import written_tokens as written_tokens
    from cove_rl.training.trainer import check_order as check_order
    from cove_rl.training.trainer import check_replaced as check_replaced
    from cove_rl.training.trainer import part_means as part_means
    from cove_rl.training.turns import TurnReader as TurnReader

Turn = str | list[int] | Message | TokenOutput


class Engine:
    """Answers with the given turns, one after another; keeps what it was asked."""

    def __init__(self, tokenizer: Any, turns: Sequence[Turn] = ()) -> None:
        self.tokenizer = tokenizer
        self.turns = list(turns)
        self.asked: list[dict[str, Any]] = []
        self.given: list[list[int]] = []
        self.heeded: list[str] = []
        self.loop: CoveAgentLoop | None = None

    async def generate(self, request_id: str, **kwargs: Any) -> TokenOutput:
        self.asked.append({"request_id": request_id, **kwargs, "prompt_ids": list(kwargs["prompt_ids"])})
        turn = await self.turn(request_id, kwargs["prompt_ids"])
        output = turn if isinstance(turn, TokenOutput) else self.output(turn)
        self.given.append(getattr(output, "token_ids", []))
        self.heeded.append(request_id)
        return output

    async def turn(self, request_id: str, prompt_ids: list[int]) -> Turn:
        return self.turns.pop(0)

    def output(self, turn: str | list[int] | Message, **fields: Any) -> TokenOutput:
        """Return a turn as an engine does: a text gets its end, and every token a log-probability of its own."""
        if isinstance(turn, str):
            turn = [*self.tokenizer.encode(turn, add_special_tokens=False), self.tokenizer.eos_token_id]
        if isinstance(turn, Message):
            turn = written_tokens(self.builder, chat_messages([turn])[0])
        return TokenOutput(token_ids=turn, log_probs=[-0.001 * (1 + place) for place in range(len(turn))], **fields)

    @property
    def builder(self) -> ContinuousTokenBuilder:
        assert self.loop is not None
        builder: ContinuousTokenBuilder = self.loop.continuous_token_builder
        return builder


class OracleEngine(Engine):
    """Plays the oracle. All it knows of a conversation it reads out of the prompt's tokens."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer)
        self._oracles: dict[str, Oracle] = {}

    async def turn(self, request_id: str, prompt_ids: list[int]) -> Turn:
        oracle = self._oracles.setdefault(request_id, Oracle("retail", "any"))
        return await oracle.act(heard(self.tokenizer, prompt_ids))


def heard(tokenizer: Any, ids: list[int]) -> list[Message]:
    """Return the conversation in a prompt: what was said, and what tools returned."""
    messages: list[Message] = []
    for turn in tokenizer.decode(ids).split("<|im_start|>")[2:-1]:
        role, _, text = turn.removesuffix("\n").removesuffix("<|im_end|>").partition("\n")
        if role == "user" and text.startswith("<tool_response>\n"):
            results = text.removesuffix("\n</tool_response>").removeprefix("<tool_response>\n")
            parts = results.split("\n</tool_response>\n<tool_response>\n")
            messages.extend(Message("tool", part, error=part.startswith("Error: ")) for part in parts)
        else:
            messages.append(Message("user" if role == "user" else "assistant", text))
    return messages


def settings(**changes: Any) -> dict[str, Any]:
    """Return small settings."""
    split = {"worlds": [WORLD.ref.seed], "tasks": 8, "seed": 4}
    return {"domains": {"retail": 1.0}, "splits": {"train": split}, "world_size": dict(WORLD.ref.size), **changes}


def config(prompt_length: int = 4096, response_length: int = 8192, **changes: Any) -> DictConfig:
    """Return as much of verl's configuration as the agent loop reads."""
    rollout = {"prompt_length": prompt_length, "response_length": response_length, "calculate_log_probs": True}
    return OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}, "cove": settings(**changes)})


def arguments(engine: Engine, configuration: DictConfig) -> dict[str, Any]:
    """Return what verl's worker gives to an agent loop."""
    return {
        "trainer_config": DictConfigWrap(configuration),
        "server_manager": engine,
        "tokenizer": engine.tokenizer,
        "processor": None,
        "hf_model_type": "qwen3",
        "dataset_cls": None,
        "data_config": DictConfigWrap(configuration.data),
        "tools": ToolListWrap([]),
    }


def instantiated(name: str, engine: Engine, configuration: DictConfig) -> CoveAgentLoop:
    """Return an agent loop by its registered name, as verl's worker makes it."""
    loop: CoveAgentLoop = instantiate(config=_agent_loop_registry[name], **arguments(engine, configuration))
    return loop


def registered(name: str) -> str:
    """Return what verl makes for a name."""
    return str(_agent_loop_registry[name]["_target_"])


def make_loop(engine: Engine, configuration: DictConfig | None = None, user: User | None = None) -> CoveAgentLoop:
    """Return an agent loop; if there is a customer of its own, who need not behave, the audit has no say."""
    loop = CoveAgentLoop(**arguments(engine, config() if configuration is None else configuration))
    engine.loop = loop
    if user is not None:
        loop.make_user = lambda task: user  # type: ignore[method-assign]
        loop.settings = msgspec.structs.replace(loop.settings, audit=False)
    return loop


def row(task: Task) -> dict[str, Any]:
    """Return what the agent loop gets of a task's row."""
    return {"extra_info": {"index": 0, "task": encode_task(task).decode()}}


async def play(loop: CoveAgentLoop, task: Task) -> AgentLoopOutput:
    """Play one episode."""
    output: AgentLoopOutput = await loop.run({"temperature": 1.0}, **row(task))
    return output


def reward(task: Task, output: AgentLoopOutput) -> dict[str, float]:
    """Return what verl gets as reward: its manager hands over the row's extra information and the loop's."""
    return cove_reward(data_source="cove_retail", extra_info={**row(task)["extra_info"], **output.extra_fields})


def parts(task: Task, output: AgentLoopOutput) -> tuple[float, ...]:
    """Return what the score is made of."""
    rewarded = reward(task, output)
    return rewarded["satisfied"], rewarded["redundant"], rewarded["failed_calls"]
