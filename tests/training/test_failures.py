"""What others do wrong is tried again in a fresh state, and never scored; what is set wrongly is said at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cove_rl.episode.episode import STOP
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.errors import InputError

from .cases import solved
from .customers import Answering, Chatterbox, Hanging, Stubborn, Talker
from .engines import (
    Engine,
    EpisodeFailedError,
    LateError,
    OracleEngine,
    TokenOutput,
    Turn,
    config,
    make_loop,
    play,
    reward,
    within,
)

TASK = solved()[0].task
SHORT = {"generation": 0.05, "user": 0.05, "episode": 5.0}


@pytest.fixture(autouse=True)
async def _no_hang() -> AsyncIterator[None]:
    """Fail, rather than hang, where a deadline does not hold."""
    async with asyncio_timeout(60):
        yield


class asyncio_timeout:  # noqa: N801
    """A time limit for a test; `asyncio.timeout` needs Python 3.11."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handle = asyncio.get_running_loop().call_later(self._seconds, task.cancel)

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()


class Failing(Engine):
    """Fails in the first attempts, some turns into the conversation, then plays the oracle."""

    def __init__(self, tokenizer: Any, failure: Any, *, failures: int, after: int = 0) -> None:
        super().__init__(tokenizer)
        self._failure = failure
        self._failures = failures
        self._after = after
        self._oracle = OracleEngine(tokenizer)
        self._conversations: list[str] = []

    async def turn(self, request_id: str, prompt_ids: list[int]) -> Turn:
        if request_id not in self._conversations:
            self._conversations.append(request_id)
        turns = sum(asked["request_id"] == request_id for asked in self.asked)
        if len(self._conversations) <= self._failures and turns > self._after:
            return await self._fail()
        return await self._oracle.turn(request_id, prompt_ids)

    async def _fail(self) -> Turn:
        if self._failure is None:
            await asyncio.Event().wait()
        if isinstance(self._failure, BaseException):
            raise self._failure
        failure: Turn = self._failure
        return failure


FAILURES = {
    "hangs": None,
    "raises": RuntimeError("CUDA error"),
    "cancels itself": asyncio.CancelledError(),
    "nothing": TokenOutput(token_ids=[], log_probs=[]),
    "no log-probabilities": TokenOutput(token_ids=[5]),
    "too few log-probabilities": TokenOutput(token_ids=[5, 6], log_probs=[-1.0]),
    "no number": TokenOutput(token_ids=[5], log_probs=[float("nan")]),
    "no token": TokenOutput(token_ids=[-5], log_probs=[-1.0]),
    "no token at all": TokenOutput.model_construct(token_ids=["a"], log_probs=[-1.0]),
    "aborted": TokenOutput(token_ids=[5], log_probs=[-1.0], stop_reason="aborted"),
    "aborted by SGLang": TokenOutput(token_ids=[5], log_probs=[-1.0], stop_reason="abort"),
    "no output": TokenOutput.model_construct(),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("after", [0, 4])
async def test_a_failing_engine_is_tried_again_in_a_fresh_state(tokenizer: Any, failure: Any, after: int) -> None:
    engine = Failing(tokenizer, failure, failures=2, after=after)
    output = await play(make_loop(engine, config(deadlines=SHORT)), TASK)
    assert output.extra_fields["cove_attempts"] == 3
    assert reward(TASK, output)["score"] == 1.0
    assert reward(TASK, output)["attempts"] == 3.0
    assert output.prompt_ids == engine.asked[-1]["prompt_ids"][: len(output.prompt_ids)]


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_an_engine_that_goes_on_failing_fails_the_episode(tokenizer: Any, failure: Any) -> None:
    engine = Failing(tokenizer, failure, failures=99)
    with pytest.raises(EpisodeFailedError, match="3 attempts"):
        await play(make_loop(engine, config(deadlines=SHORT)), TASK)
    assert len(engine.asked) == 3


CUSTOMERS = {
    "hanging": (Hanging(), "more than 0.05 s"),
    "stubborn": (Stubborn(), "more than 0.05 s"),
    "raising": (Answering(ValueError("no such model")), "no such model"),
    "cancelling": (Answering(asyncio.CancelledError()), "was cancelled"),
    "empty": (Answering(Message("user", " \n")), "said nothing"),
    "none": (Answering(None), "NoneType"),
    "text": (Answering("Hello"), "str"),
    "another role": (Answering(Message("assistant", "Hello")), "role 'user'"),
    "no text": (Answering(Message("user", 5)), "role 'user'"),  # type: ignore[arg-type]
    "stopping at once": (Answering(Message("user", STOP)), "had not spoken"),
}


@pytest.mark.parametrize(("customer", "words"), CUSTOMERS.values(), ids=CUSTOMERS.keys())
async def test_a_failing_customer_fails_the_episode(tokenizer: Any, customer: Any, words: str) -> None:
    engine = Engine(tokenizer, ["Hello."] * 9)
    with pytest.raises(EpisodeFailedError, match=words):
        await play(make_loop(engine, config(deadlines=SHORT, retries=1), user=customer), TASK)
    assert engine.asked == []


async def test_an_episode_has_a_deadline(tokenizer: Any) -> None:
    class Slow(Engine):
        async def turn(self, request_id: str, prompt_ids: list[int]) -> Turn:
            await asyncio.sleep(0.01)
            return "Hello."

    deadlines = {"generation": 5.0, "user": 5.0, "episode": 0.1}
    loop = make_loop(Slow(tokenizer), config(deadlines=deadlines, retries=0, agent_turns=10**6, user_turns=10**6))
    loop.make_user = lambda task: Chatterbox()  # type: ignore[method-assign]
    with pytest.raises(EpisodeFailedError, match=r"the episode took more than 0.1 s"):
        await play(loop, TASK)


async def test_without_retries_there_is_one_attempt(tokenizer: Any) -> None:
    engine = Failing(tokenizer, RuntimeError(), failures=1)
    with pytest.raises(EpisodeFailedError, match="1 attempts"):
        await play(make_loop(engine, config(retries=0)), TASK)


async def test_a_prompt_that_does_not_fit_is_an_error_at_once(tokenizer: Any) -> None:
    engine = Engine(tokenizer, ["Hello."])
    with pytest.raises(InputError, match=r"raise data.max_prompt_length"):
        await play(make_loop(engine, config(prompt_length=100)), TASK)
    assert engine.asked == []


async def test_cancelling_the_loop_cancels_what_it_waits_for(tokenizer: Any) -> None:
    engine = Failing(tokenizer, None, failures=99)
    task = asyncio.ensure_future(play(make_loop(engine), TASK))
    while not engine.asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_a_customer_who_fails_later_fails_the_attempt_only(tokenizer: Any) -> None:
    customers: list[User] = [Answering(None), Talker("Hello.")]
    engine = Engine(tokenizer, ["Hi."])
    loop = make_loop(engine, config(audit=False))
    loop.make_user = lambda task: customers.pop(0)  # type: ignore[method-assign]
    output = await play(loop, TASK)
    assert output.extra_fields["cove_attempts"] == 2


async def test_within_returns_raises_and_gives_up() -> None:
    async def value() -> int:
        return 5

    async def broken() -> int:
        raise KeyError("five")

    assert await within(1.0, value(), "five") == 5
    with pytest.raises(KeyError, match="five"):
        await within(1.0, broken(), "five")
    with pytest.raises(LateError, match=r"waiting took more than 0.01 s"):
        await within(0.01, asyncio.Event().wait(), "waiting")
