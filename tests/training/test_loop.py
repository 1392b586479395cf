"""Whole episodes through the agent loop, driven by engines that need no model."""

import json
import subprocess
import sys
from copy import copy
from random import Random
from typing import Any

import pytest

from cove_rl.episode.trajectory import Message
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain

from .cases import WORLD, solved
from .customers import Chatterbox, Talker
from .engines import (
    CoveAgentLoop,
    Engine,
    OpenAIFunctionToolSchema,
    OracleEngine,
    TokenOutput,
    config,
    instantiated,
    make_loop,
    parts,
    play,
    registered,
    reward,
)

TASK = solved()[0].task
CALL = '<tool_call>\n{"name": "calculate", "arguments": {"expression": "%d + 1"}}\n</tool_call>'


def results(engine: Engine, turn: int) -> str:
    """Return what the engine saw after a turn: the text that was added to the prompt."""
    before, after = (engine.asked[number]["prompt_ids"] for number in (turn, turn + 1))
    return str(engine.tokenizer.decode(after[len(before) :]))


@pytest.mark.parametrize("number", range(24))
async def test_the_oracle_scores_1_through_the_loop(tokenizer: Any, number: int) -> None:
    one = solved()[number]
    output = await play(make_loop(OracleEngine(tokenizer)), one.task)
    assert reward(one.task, output)["score"] == 1.0
    assert output.extra_fields["cove_ending"] == one.trajectory.outcome.ending


async def test_masked_in_are_the_sampled_tokens_with_their_own_log_probabilities(tokenizer: Any) -> None:
    engine = OracleEngine(tokenizer)
    output = await play(make_loop(engine), TASK)
    kept = [place for place, one in enumerate(output.response_mask) if one]
    assert [output.response_ids[place] for place in kept] == [token for turn in engine.given for token in turn]
    expected = [-0.001 * (1 + place) for turn in engine.given for place in range(len(turn))]
    assert output.response_logprobs is not None
    assert [output.response_logprobs[place] for place in kept] == expected
    assert all(output.response_logprobs[place] == 0.0 for place, one in enumerate(output.response_mask) if not one)


async def test_each_prompt_continues_the_one_before_it(tokenizer: Any) -> None:
    engine = OracleEngine(tokenizer)
    output = await play(make_loop(engine), TASK)
    seen: list[int] = []
    for asked, given in zip(engine.asked, engine.given, strict=True):
        assert asked["prompt_ids"][: len(seen)] == seen
        seen = [*asked["prompt_ids"], *given]
    assert seen == [*output.prompt_ids, *output.response_ids]


async def test_verl_makes_the_loop_by_its_registered_name(tokenizer: Any) -> None:
    engine = OracleEngine(tokenizer)
    loop = engine.loop = instantiated("cove_agent", engine, config())
    assert reward(TASK, await play(loop, TASK))["success"] == 1.0


def test_everything_is_registered_whichever_module_is_imported_first() -> None:
    code = "import cove_rl.training.tokens; from cove_rl.training.plugin import LOADED; print(LOADED)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    loaded = done.stdout.splitlines()[-1]
    assert "'agent loop': None" in loaded
    assert "Error" not in loaded


def test_the_registered_name_is_the_class() -> None:
    assert registered("cove_agent") == f"{CoveAgentLoop.__module__}.{CoveAgentLoop.__qualname__}"


async def test_one_conversation_has_one_request_id(tokenizer: Any) -> None:
    engine = OracleEngine(tokenizer)
    loop = make_loop(engine)
    await play(loop, TASK)
    first = {asked["request_id"] for asked in engine.asked}
    await play(loop, TASK)
    assert len(first) == 1
    assert len({asked["request_id"] for asked in engine.asked}) == 2


@pytest.mark.parametrize(
    "written",
    [
        "<tool_call>\nnot json\n</tool_call>",
        '<tool_call>\n{"name": "calculate"}\n</tool_call>',
        '<tool_call>\n{"name": "calculate", "arguments": {"expression": "1"}}',
        '<tool_call>\n{"name": "\\ud800", "arguments": {}}\n</tool_call>',
        '<tool_call>\n{"name": "calculate", "arguments": {"expression": "\\ud800"}}\n</tool_call>',
        '<tool_call>\n{"name": "calculate", "arguments": ' + '{"x": ' * 50 + "1" + "}" * 51 + "\n</tool_call>",
        '<tool_call>\n{"name": "calculate", "arguments": "{}"}\n</tool_call>',
        '<tool_call>\n{"name": "no_such_tool", "arguments": {}}\n</tool_call>',
        '<tool_call>\n{"name": "calculate", "arguments": {"expression": NaN}}\n</tool_call>',
    ],
)
async def test_a_call_that_cannot_be_run_is_answered(tokenizer: Any, written: str) -> None:
    engine = Engine(tokenizer, [written, "Anything else?"])
    customer = Talker("Hello.")
    output = await play(make_loop(engine, user=customer), TASK)
    assert "<tool_response>\nError: " in results(engine, 0)
    assert customer.heard[1:] == ["Anything else?"]
    assert reward(TASK, output)["failed_calls"] == 1.0


async def test_several_calls_of_a_turn_are_run_in_order_and_answered_together(tokenizer: Any) -> None:
    turn = "\n".join([CALL % 1, "<tool_call>\n{}\n</tool_call>", CALL % 2])
    engine = Engine(tokenizer, [turn, "Done."])
    output = await play(make_loop(engine, user=Talker("Hello.")), TASK)
    answers = results(engine, 0).split("<tool_response>\n")[1:]
    assert [answer.split("\n")[0][:5] for answer in answers] == ["2.0", "Error", "3.0"]
    assert [call["name"] for call in json.loads(output.extra_fields["cove_calls"])] == ["calculate", "", "calculate"]


async def test_the_customer_hears_neither_reasoning_nor_calls_nor_special_tokens(tokenizer: Any) -> None:
    turns = [
        "<think>SECRET</think>\n\nHi.",
        f"SECRET</think>One moment.{CALL % 1}",
        "<think>SECRET <tool_call>{}</tool_call></think>Sure.<|im_<|im_end|>end|>",
        "<think>SECRET",
    ]
    engine = Engine(tokenizer, list(turns))
    customer = Talker("Hello.", "Well?", "And?")
    await play(make_loop(engine, user=customer), TASK)
    assert customer.heard[1:] == ["Hi.", "Sure.", ""]


async def test_the_answer_of_a_policy_whose_prompt_opens_reasoning_begins_with_it(tokenizer: Any) -> None:
    plain, opening = "'<|im_start|>assistant\\n' -}}{%- endif", "'<|im_start|>assistant\\n<think>\\n' -}}{%- endif"
    reasoning = copy(tokenizer)
    reasoning.chat_template = tokenizer.chat_template.replace(plain, opening)
    assert reasoning.chat_template != tokenizer.chat_template
    customer = Talker("Hello.", "Well?")
    await play(make_loop(Engine(reasoning, ["SECRET", "SECRET</think>Hi."]), user=customer), TASK)
    assert customer.heard[1:] == ["", "Hi."]


async def test_a_turn_gets_no_more_tokens_than_it_may_have(tokenizer: Any) -> None:
    engine = Engine(tokenizer, ["Hello there, how can I help?"] * 3)
    loop = make_loop(engine, config(turn_tokens=500, response_length=550), user=Talker("Hello.", "Yes.", "No."))
    output = await play(loop, TASK)
    spent = 0
    for asked in engine.asked:
        spent = len(asked["prompt_ids"]) - len(output.prompt_ids)
        assert asked["sampling_params"] == {"temperature": 1.0, "max_tokens": min(500, 550 - spent)}
    assert spent > 50


@pytest.mark.parametrize("length", [30, 31, 32, 47, 64, 200])
async def test_a_trajectory_ends_with_its_tokens_and_scores(tokenizer: Any, length: int) -> None:
    engine = Engine(tokenizer, ["Hello there, how can I help you with your order today?"] * 40)
    output = await play(make_loop(engine, config(response_length=length), user=Chatterbox()), TASK)
    assert output.extra_fields["cove_ending"] == "max_tokens"
    assert len(output.response_ids) == len(output.response_mask) == length
    assert reward(TASK, output)["score"] == 0.0
    assert reward(TASK, output)["ended/max_tokens"] == 1.0


async def test_what_an_engine_samples_beyond_its_limit_is_cut(tokenizer: Any) -> None:
    engine = Engine(tokenizer, ["word " * 300])
    output = await play(make_loop(engine, config(response_length=64), user=Chatterbox()), TASK)
    assert output.response_ids == engine.given[0][:64]
    assert output.response_mask == [1] * 64


@pytest.mark.parametrize("limit", [64, 100, 333])
async def test_a_long_result_is_cut_in_the_middle_and_says_so(tokenizer: Any, limit: int) -> None:
    call = ToolCall("1", "list_all_product_types", {})
    engine = Engine(tokenizer, [Message("assistant", calls=(call,)), "Here."])
    await play(make_loop(engine, config(result_tokens=limit), user=Talker("Hello.")), TASK)
    shown = results(engine, 0).split("<tool_response>\n")[1].split("\n</tool_response>")[0]
    assert "tokens left out ...]" in shown
    assert shown.startswith('{"')
    assert shown.endswith("}")
    assert limit // 2 < len(tokenizer.encode(shown)) <= limit


async def test_limits_on_turns_hold(tokenizer: Any) -> None:
    for limit, ending in (("agent_turns", "max_agent_turns"), ("user_turns", "max_user_turns")):
        engine = Engine(tokenizer, ["Hello."] * 9)
        output = await play(make_loop(engine, config(**{limit: 3}), user=Chatterbox()), TASK)
        assert output.extra_fields["cove_ending"] == ending
        assert output.extra_fields["cove_" + limit] == 3


async def test_a_turn_without_its_end_is_ended_by_a_token_that_is_not_trained_on(tokenizer: Any) -> None:
    cut = tokenizer.encode("Hello there, how", add_special_tokens=False)
    engine = Engine(tokenizer, [cut, "Hi."])
    output = await play(make_loop(engine, user=Talker("Hello.", "Yes?")), TASK)
    assert output.response_mask[: len(cut) + 2] == [1] * len(cut) + [0, 0]
    assert tokenizer.decode(output.response_ids[len(cut) :]).startswith("<|im_end|>\n<|im_start|>user\n")


async def test_the_engines_fields_are_kept_as_verl_wants_them(tokenizer: Any) -> None:
    engine = Engine(tokenizer)
    for step in (3, 4, 5):
        steps = {"min_global_steps": step, "max_global_steps": step, "spec_num_draft_tokens": 2}
        engine.turns.append(engine.output("Hello.", num_preempted=1, extra_fields=steps))
    output = await play(make_loop(engine, user=Talker("a", "b", "c")), TASK)
    expected = {"min_global_steps": 3, "max_global_steps": 5, "spec_num_draft_tokens": 6}
    assert {key: output.extra_fields[key] for key in expected} == expected
    assert output.metrics.num_preempted == 3


async def test_extra_fields_are_json_and_have_the_same_keys_whatever_happened(tokenizer: Any) -> None:
    outputs = [await play(make_loop(OracleEngine(tokenizer)), one.task) for one in solved()[:8]]
    outputs.append(
        await play(make_loop(Engine(tokenizer, ["Hi."] * 9), config(agent_turns=2), user=Chatterbox()), TASK)
    )
    outputs.append(await play(make_loop(Engine(tokenizer, ["<tool_call>"]), config(response_length=1)), TASK))
    tasks = [*(one.task for one in solved()[:8]), TASK, TASK]
    for output in outputs:
        assert json.loads(json.dumps(output.extra_fields)) == output.extra_fields
        assert output.extra_fields.keys() == outputs[0].extra_fields.keys()
    rewards = [reward(task, output) for task, output in zip(tasks, outputs, strict=True)]
    assert all(one.keys() == rewards[0].keys() for one in rewards)


@pytest.mark.parametrize("seed", range(30))
async def test_the_reward_is_the_verdict_on_the_calls_in_the_tokens(tokenizer: Any, seed: int) -> None:
    """Calls of the solution, some left out, some twice, in any order, with some that cannot be run."""
    rng = Random(seed)
    one = solved()[seed % 24]
    pool = [*one.trajectory.calls(), ToolCall("", "none", {}), *rng.choice(solved()).trajectory.calls()]
    calls = rng.choices(pool, k=rng.randint(1, 2 * len(pool)))
    turns = [Message("assistant", calls=tuple(calls[place : place + 3])) for place in range(0, len(calls), 3)]
    loop = make_loop(Engine(tokenizer, [*turns, "Done."]), config(response_length=10**6), user=Talker("Hello."))
    output = await play(loop, one.task)
    end = next((place + 1 for place, call in enumerate(calls) if call.name == "transfer_to_human_agents"), len(calls))
    made = calls[: -(-end // 3) * 3]
    verdict = verify(one.task, WORLD, made)
    assert [call["name"] for call in json.loads(output.extra_fields["cove_calls"])] == [call.name for call in made]
    assert reward(one.task, output)["score"] == verdict.score
    assert parts(one.task, output) == (verdict.satisfied / verdict.total, verdict.redundant, verdict.failed)


async def test_no_log_probabilities_are_reported_unless_asked_for(tokenizer: Any) -> None:
    configuration = config()
    configuration.actor_rollout_ref.rollout.calculate_log_probs = False
    engine = Engine(tokenizer)
    engine.turns = [TokenOutput(token_ids=engine.output("Hi.").token_ids)]
    output = await play(make_loop(engine, configuration, user=Talker("Hello.")), TASK)
    assert output.response_logprobs is None


@pytest.mark.parametrize("domain", ["retail", "airline"])
def test_verl_takes_the_schemas_of_every_tool(domain: str) -> None:
    schemas = get_domain(domain).toolbox.schemas()
    read = [OpenAIFunctionToolSchema.model_validate(schema) for schema in schemas]
    assert [one.function.name for one in read] == [schema["function"]["name"] for schema in schemas]
