"""One endpoint: what it sends, what it takes for an answer, what it does when there is none."""

import asyncio
from collections.abc import Iterator
from threading import Thread
from typing import Any

import msgspec
import pytest

from cove_rl.endpoints.background import Background
from cove_rl.endpoints.endpoint import Endpoint, close_endpoints, endpoint_of
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.reply import Reply, RequestedCall
from cove_rl.endpoints.settings import EndpointSettings
from cove_rl.errors import InputError

from .server import BODIES, Body, Server, call, completion, in_turn
from .traces import disconnected, settled

CHAT = [{"role": "system", "content": "You play a customer."}, {"role": "user", "content": "Hi!"}]
QUICK: dict[str, Any] = {"backoff": 0.01, "retries": 2}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Nothing of one test is left for the next."""
    yield
    close_endpoints()


def made(server: Server, **settings: Any) -> Endpoint:
    return endpoint_of(msgspec.convert({"url": server.url, "model": "tiny", **QUICK, **settings}, EndpointSettings))


async def ask(endpoint: Endpoint, seed: int = 1, seconds: float = 30.0) -> Reply:
    """Ask, and fail rather than hang where a deadline does not hold."""
    return await asyncio.wait_for(endpoint.complete(CHAT, seed=seed, seconds=seconds), 60)


async def failure(endpoint: Endpoint, **arguments: Any) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        await ask(endpoint, **arguments)
    return caught.value


async def test_a_reply_with_what_it_took() -> None:
    with Server(lambda body: "Hello.") as server:
        endpoint = made(server, prompt_price=2.0, completion_price=10.0)
        assert await ask(endpoint) == Reply("Hello.", False, 1, 100, 10)
        usage = endpoint.usage()
        assert (usage.calls, usage.retries, usage.failures) == (1, 0, {})
        assert (usage.prompt_tokens, usage.completion_tokens) == (100, 10)
        assert usage.cost == pytest.approx((100 * 2.0 + 10 * 10.0) / 1e6)
        assert 0.0 < usage.p50 == usage.p95


async def test_what_is_sent() -> None:
    with Server() as server:
        extra = {"chat_template_kwargs": {"enable_thinking": False}, "max_tokens": None, "max_completion_tokens": 7}
        await ask(made(server, temperature=0.5, extra=extra), seed=42)
        await ask(made(server, seeded=False), seed=42)
    expected = {"model": "tiny", "messages": CHAT, "temperature": 0.5, "seed": 42, "max_completion_tokens": 7}
    assert server.bodies[0] == expected | {"chat_template_kwargs": {"enable_thinking": False}}
    assert "seed" not in server.bodies[1]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<think>SECRET</think>\n\nHello.", "Hello."),
        ("SECRET</think>Hello.", "Hello."),
        ("<think>a</think>b<think>SECRET</think> Hello.", "Hello."),
        ("Hello.<think>SECRET", "Hello."),
        ("<think>SECRET", ""),
        ("  Hello.\n", "Hello."),
    ],
)
async def test_reasoning_is_no_part_of_a_reply(content: str, text: str) -> None:
    with Server(lambda body: content) as server:
        assert (await ask(made(server))).text == text


@pytest.mark.parametrize(
    ("said", "text", "calls"),
    [
        ({"content": None, "tool_calls": [call("look", '{"a": 1}')]}, "", [("call_1", "look", '{"a": 1}')]),
        ({"tool_calls": [call("look", {"a": 1})]}, "", [("call_1", "look", '{"a":1}')]),
        (
            {"content": "Hm.", "tool_calls": [call("a", "{", "1"), call("b", "", None)]},
            "Hm.",
            [("1", "a", "{"), ("", "b", "")],
        ),
        ({"content": "<think>x</think>", "tool_calls": [call("a", None, "")]}, "", [("", "a", "")]),
        ({"content": "Hi.", "tool_calls": []}, "Hi.", []),
        ({"content": "Hi.", "tool_calls": None}, "Hi.", []),
    ],
)
async def test_tool_calls_are_read_as_they_are(said: Body, text: str, calls: list[tuple[str, str, str]]) -> None:
    with Server(lambda body: said) as server:
        reply = await ask(made(server))
    assert reply.text == text
    assert reply.calls == tuple(RequestedCall(*one) for one in calls)


async def test_tools_and_calls_are_sent_as_they_are() -> None:
    function = {"name": "look", "parameters": {"type": "object", "properties": {}}}
    tools: list[Body] = [{"type": "function", "function": function}]
    chat: list[Body] = [
        *CHAT,
        {"role": "assistant", "content": "", "tool_calls": [call("look", "{}")]},
        {"role": "tool", "content": "1"},
    ]
    with Server() as server:
        await made(server).complete(chat, seed=1, seconds=30.0, tools=tools)
        await made(server).complete(chat, seed=1, seconds=30.0, tools=[])
    assert server.bodies[0]["messages"] == chat
    assert server.bodies[0]["tools"] == tools
    assert "tools" not in server.bodies[1]


async def test_reasoning_in_a_field_of_its_own_is_not_read() -> None:
    message = {"role": "assistant", "content": None, "reasoning_content": "SECRET", "reasoning": "SECRET"}
    body = completion("", choices=[{"message": message, "finish_reason": "length"}], usage=None)
    BODIES["reasoning"] = msgspec.json.encode(body)
    with Server(choose=in_turn(["reasoning"])) as server:
        assert await ask(made(server)) == Reply("", cut=True)
    del BODIES["reasoning"]


TRANSIENT = {
    "HTTP 429 0.01": "busy",
    "HTTP 503 0.01": "busy",
    "HTTP 500": "server",
    "HTTP 502": "server",
    "drop": "unreachable",
    "cut": "unreachable",
    "hang": "late",
    "trickle": "late",
    "endless": "broken",
    "events": "broken",
    "compressed": "broken",
    **dict.fromkeys(BODIES, "broken"),
}


def patience(fault: str, short: float) -> float:
    """Return the seconds of an attempt: few where they are to run out, many where a busy machine must not matter."""
    return short if TRANSIENT.get(fault) == "late" else 60.0


FINAL = {"HTTP 400": "refused", "HTTP 401": "refused", "HTTP 404": "refused", "elsewhere": "refused"}


@pytest.mark.parametrize("fault", TRANSIENT)
async def test_another_attempt_is_made_after_what_may_pass(fault: str) -> None:
    with Server(lambda body: "Hello.", in_turn([fault, fault])) as server:
        endpoint = made(server, timeout=patience(fault, 1.0), max_bytes=1_000_000)
        assert (await ask(endpoint)).text == "Hello."
        assert len(server.bodies) == 3
        assert (endpoint.usage().retries, endpoint.usage().failures) == (2, {TRANSIENT[fault]: 2})


@pytest.mark.parametrize(("fault", "kind"), {**TRANSIENT, **FINAL}.items())
async def test_what_does_not_pass_is_a_failure_of_its_kind(fault: str, kind: str) -> None:
    with Server(choose=lambda number: fault) as server:
        endpoint = made(server, timeout=patience(fault, 0.2), max_bytes=1_000_000)
        error = await failure(endpoint)
        assert error.kind == kind
        assert len(server.bodies) == (1 if fault in FINAL else 3)
        assert f"endpoint tiny@127.0.0.1:{server.port}: " in str(error)
        assert len(str(error)) < 400
    await settled()


async def test_a_closed_port_is_unreachable() -> None:
    with Server() as server:
        endpoint = made(server)
    error = await failure(endpoint)
    assert (error.kind, endpoint.usage().failures) == ("unreachable", {"unreachable": 3})


@pytest.mark.parametrize("fault", ["hang", "trickle", "HTTP 500", "HTTP 429 0.05", "drop"])
async def test_a_call_ends_with_its_deadline_whatever_the_server_does(fault: str) -> None:
    with Server(choose=lambda number: fault) as server:
        endpoint = made(server, deadline=0.5, timeout=10.0, retries=10**6, backoff=0.05)
        await failure(endpoint)
        few = made(server, deadline=100.0, timeout=10.0, retries=10**6, backoff=0.05)
        await failure(few, seconds=0.5)
        await settled()


async def test_what_no_pause_can_bring_in_time_is_not_waited_for() -> None:
    with Server(choose=lambda number: "HTTP 429 3600") as server:
        assert (await failure(made(server))).pause == 3600
        assert len(server.bodies) == 1
    with Server(choose=lambda number: "HTTP 429 15") as server:
        assert (await failure(made(server, longest_pause=20.0), seconds=10.0)).kind == "busy"
        assert len(server.bodies) == 1


@pytest.mark.parametrize("pause", ["0.3", "1", "date"])
async def test_no_attempt_is_made_before_the_server_allows_it(pause: str) -> None:
    with Server(choose=in_turn([f"HTTP 429 {pause}"])) as server:
        await ask(made(server))
        seconds = 0.9 if pause == "date" else float(pause)  # a date in 2 s may be one in 1 s, as it has whole seconds
        assert server.times[1] - server.times[0] >= seconds


async def test_the_concurrency_is_shared_by_all_loops_of_the_process() -> None:
    with Server() as server:
        endpoint = made(server, concurrency=3)

        def elsewhere() -> None:
            asyncio.run(several())

        async def several() -> None:
            await asyncio.gather(*(ask(endpoint) for _ in range(10)))

        threads = [Thread(target=elsewhere) for _ in range(3)]
        for thread in threads:
            thread.start()
        await several()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert len(server.bodies) == 40
        assert server.most == 3
        assert server.connections <= 3


async def test_calls_start_no_faster_than_the_rate() -> None:
    with Server() as server:
        endpoint = made(server, rate=20.0)
        before = asyncio.get_running_loop().time()
        await asyncio.gather(*(ask(endpoint) for _ in range(9)))
        assert asyncio.get_running_loop().time() - before >= 8 / 20.0


async def test_connections_are_used_again() -> None:
    with Server() as server:
        endpoint = made(server)
        for _ in range(20):
            await ask(endpoint)
        assert server.connections == 1


async def test_the_same_settings_are_the_same_endpoint() -> None:
    with Server() as server:
        assert made(server) is made(server)
        assert made(server) is not made(server, rate=5.0)


async def test_cancelled_calls_leave_nothing_behind() -> None:
    with Server(choose=lambda number: "hang") as server:
        endpoint = made(server, timeout=50.0, concurrency=8)
        calls = [asyncio.ensure_future(ask(endpoint)) for _ in range(30)]
        while len(server.bodies) < 8:
            await asyncio.sleep(0.01)
        for call in calls:
            call.cancel()
        assert {type(one) for one in await asyncio.gather(*calls, return_exceptions=True)} == {asyncio.CancelledError}
        await settled()
        server.choose = lambda number: ""
        await asyncio.gather(*(ask(endpoint) for _ in range(16)))
        assert len(asyncio.all_tasks()) == 1


async def test_closing_ends_calls_under_way_and_leaves_the_endpoint_usable() -> None:
    with Server(choose=in_turn(["hang"])) as server:
        endpoint = made(server, timeout=50.0)
        call = asyncio.ensure_future(ask(endpoint))
        while not server.bodies:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(close_endpoints)
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await ask(endpoint)).attempts == 1
        await asyncio.to_thread(close_endpoints)
        await disconnected(server)


async def test_the_key_is_sent_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-very-secret")
    with Server(choose=in_turn(["", "HTTP 401"])) as server:
        endpoint = made(server, key_env="SOME_KEY")
        await ask(endpoint)
        error = await failure(endpoint)
        assert server.keys == ["Bearer sk-very-secret"] * 2
        assert "***" in str(error)
        assert "sk-very-secret" not in f"{error!r} {error.__cause__!r} {endpoint.settings!r}"


async def test_a_key_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", " ")
    settings = EndpointSettings("http://127.0.0.1:9/v1", "tiny", key_env="SOME_KEY")
    with pytest.raises(InputError, match=r"tiny@127.0.0.1:9: .* SOME_KEY, which is empty"):
        endpoint_of(settings)


async def test_other_keys_of_the_environment_stay_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    with Server() as server:
        await ask(made(server))
        assert server.keys == ["Bearer none"]


def test_closing_that_takes_too_long_is_given_up_without_an_error(caplog: pytest.LogCaptureFixture) -> None:
    loop = Background()
    loop.finish(asyncio.sleep(60), 0.05)
    assert "took more than 0.05 s" in caplog.text
    assert not loop._thread.is_alive()
