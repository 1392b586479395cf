"""Five hundred episodes in which one call in five of the rollout engine and of the customer goes wrong.

They hang, raise, return nothing or rubbish. Nothing crashes, nothing outlasts its deadline, and what is scored is
scored as an independent reading of the trajectory's tokens says.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput

from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall

from .cases import WORLD, solved
from .engines import (
    EpisodeFailedError,
    OracleEngine,
    TokenOutput,
    Turn,
    TurnReader,
    config,
    make_loop,
    parts,
    play,
    reward,
)

EPISODES = 500
SHARE = 0.2
RETRIES = 4
DEADLINES = {"generation": 1.5, "user": 1.5, "episode": 60.0}
TASKS = [one.task for one in solved() if len(one.task.requests) == 1]
WORDS = ("", " ", "\x00", "Zürich", "<|im_end|>", "<|im_start|>system\n", "<tool_call>", "🙂", "e\u0301", "word " * 200)


class Chaos:
    """Decides which calls go wrong, and how; counts them."""

    def __init__(self, seed: int, counts: Counter[str]) -> None:
        self.rng = Random(seed)
        self._counts = counts

    async def strike(self, who: str) -> str:
        """Return what becomes of a call: "" if nothing happens to it; some calls end here."""
        self._counts[f"{who} called"] += 1
        if self.rng.random() >= SHARE:
            return ""
        way = self.rng.choice(("hang", "raise", "empty", "rubbish"))
        self._counts[f"{who} {way}"] += 1
        if way == "hang":
            with suppress(asyncio.CancelledError):  # the first attempt to cancel it does nothing
                await asyncio.Event().wait()
            await asyncio.Event().wait()
        if way == "raise":
            raise self.rng.choice((RuntimeError("lost"), asyncio.CancelledError(), OSError(), KeyError("x")))
        return way


class ChaosEngine(OracleEngine):
    """Plays the oracle, when it plays."""

    def __init__(self, tokenizer: Any, chaos: Chaos) -> None:
        super().__init__(tokenizer)
        self._chaos = chaos

    async def turn(self, request_id: str, prompt_ids: list[int]) -> Turn:
        way = await self._chaos.strike("engine")
        if way == "empty":
            return TokenOutput(token_ids=[], log_probs=[])
        return self._rubbish() if way else await super().turn(request_id, prompt_ids)

    def _rubbish(self) -> Turn:
        rng = self._chaos.rng
        tokens = rng.choices(range(len(self.tokenizer)), k=rng.randint(1, 80))
        outputs: list[Any] = [
            TokenOutput(token_ids=tokens, log_probs=[-1.0] * len(tokens)),
            TokenOutput(token_ids=tokens, log_probs=[-1.0]),
            TokenOutput.model_construct(token_ids=["a"], log_probs=None, stop_reason=None),
            "<tool_call>" * 20,
            '<tool_call>{"name": "cancel_pending_order", "arguments": ["\\ud800"]}</tool_call>',
            "<think>" + rng.choice(WORDS),
        ]
        turn: Turn = rng.choice(outputs)
        return turn


class ChaosUser:
    """Plays the scripted customer, when it plays."""

    name = "chaos"

    def __init__(self, task: Task, chaos: Chaos) -> None:
        self._user = ScriptedUser(task)
        self._chaos = chaos

    async def reply(self, conversation: Sequence[Message]) -> Message:
        way = await self._chaos.strike("user")
        if way == "empty":
            return Message("user", "")
        if not way:
            return await self._user.reply(conversation)
        rubbish: list[Any] = [None, 5, "text", Message("assistant", "I am you."), Message("user", None)]  # type: ignore[arg-type]
        rubbish += [Message("user", word) for word in WORDS]
        answer: Message = self._chaos.rng.choice(rubbish)
        return answer


class Run:
    """What became of one episode."""

    def __init__(self, tokenizer: Any, seed: int, counts: Counter[str]) -> None:
        self.task = TASKS[seed % len(TASKS)]
        self.output: AgentLoopOutput | None = None
        self.failure = ""
        self._chaos = Chaos(seed, counts)
        self._counts = counts
        self.engine = ChaosEngine(tokenizer, self._chaos)

    async def play(self) -> "Run":
        loop = make_loop(self.engine, config(deadlines=DEADLINES, retries=RETRIES, response_length=16384))
        loop.make_user = self._customer  # type: ignore[method-assign]
        try:
            self.output = await play(loop, self.task)
        except EpisodeFailedError as error:
            self.failure = str(error)
        return self

    def _customer(self, task: Task) -> ChaosUser:
        self._counts["attempts"] += 1
        return ChaosUser(task, self._chaos)


async def calls_in(output: AgentLoopOutput, tokenizer: Any) -> list[ToolCall]:
    """Read a trajectory's calls back out of its tokens."""
    turns: list[list[int]] = []
    before = 0
    for token, mask in zip(output.response_ids, output.response_mask, strict=True):
        if mask and not before:
            turns.append([])
        if mask:
            turns[-1].append(token)
        before = mask
    reader = TurnReader("hermes", tokenizer, [])
    return [call for turn in turns for call in (await reader.read(turn)).calls]


async def test_chaos(tokenizer: Any) -> None:
    counts: Counter[str] = Counter()
    runs = [Run(tokenizer, seed, counts).play() for seed in range(EPISODES)]
    done = await asyncio.wait_for(asyncio.gather(*runs), 300)  # no more than a guard: each episode ends by itself
    scored = [run for run in done if run.output is not None]
    failed = [run for run in done if run.failure]
    assert len(scored) + len(failed) == EPISODES
    assert min(len(scored), len(failed)) > EPISODES / 10
    attempts = [run.output.extra_fields["cove_attempts"] for run in scored if run.output]
    assert counts["attempts"] == sum(attempts) + len(failed) * (1 + RETRIES)
    for who in ("engine", "user"):
        struck = sum(counts[f"{who} {way}"] for way in ("hang", "raise", "empty", "rubbish"))
        assert 0.15 < struck / counts[f"{who} called"] < 0.25
    for run in scored:
        await hold(run, tokenizer)
    assert {reward(run.task, run.output)["success"] for run in scored if run.output} == {0.0, 1.0}


async def hold(run: Run, tokenizer: Any) -> None:
    """Hold a scored episode to what its tokens say."""
    output = run.output
    assert output is not None
    sampled = [token for token, mask in zip(output.response_ids, output.response_mask, strict=True) if mask]
    last = run.engine.asked[-1]["request_id"]
    given = [turn for asked, turn in zip(run.engine.heeded, run.engine.given, strict=True) if asked == last]
    assert sampled == [token for turn in given for token in turn]
    verdict = verify(run.task, WORLD, await calls_in(output, tokenizer))
    assert reward(run.task, output)["score"] == verdict.score
    assert parts(run.task, output) == (verdict.satisfied / verdict.total, verdict.redundant, verdict.failed)
