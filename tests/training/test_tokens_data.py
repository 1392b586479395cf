"""A conversation that was stored and read back has the tokens and the mask of the rollout it was: byte for byte.

Every way to store one is tried: the lines of trajectories and of examples, rows of messages as JSON lines, in a parquet
file and in a data set, and the exports of this library; each is read by the dataset class that verl's SFT trainer has.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from cove_rl.episode.chat import chat_messages, system_message
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.example import Example, Facts, facts_of
from cove_rl.world.domain import get_domain

pytest.importorskip("verl", reason="needs the train extra")

import datasets
import pyarrow
import pyarrow.parquet

from .cases import WORLD, solved
from .dialogues import TEMPLATES, Played, dialogue, faithful, rollout, tokenizer_of
from .fine_tuning import Conversations, sft, sft_rows, tokens
from .test_tokens import builder_of

DIALOGUES = 60
"""Per template, besides the oracle's; half of their turns with calls make three of them."""
COVE = {"domains": {"retail": 1.0}, "splits": {"train": {"worlds": [1], "tasks": 1}}}
DOMAIN = get_domain("retail")

Store = Callable[[Sequence[Example], Path], Path]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `datasets` keeps what it makes of parquet files."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def trajectories(examples: Sequence[Example], folder: Path) -> Path:
    """Store them as `cove tasks solve --out` does."""
    return lines((one.trajectory for one in examples), folder / "trajectories.jsonl")


def synthesised(examples: Sequence[Example], folder: Path) -> Path:
    """Store them as `cove synth` does: shards in a folder."""
    half = len(examples) // 2
    lines(examples[half:], folder / "kept-00001.jsonl")
    lines(examples[:half], folder / "kept-00000.jsonl")
    return folder


def messages(examples: Sequence[Example], folder: Path) -> Path:
    """Store them as foreign sets are: messages, tools and domain, arguments as JSON text."""
    return lines(map(columns, examples), folder / "rows.jsonl")


def parquet(examples: Sequence[Example], folder: Path) -> Path:
    """Store them in a table whose messages are objects of one type, and whose tools are text."""
    rows = [{**columns(one), "tools": json.dumps(DOMAIN.toolbox.schemas(), sort_keys=True)} for one in examples]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "rows.parquet")
    return folder / "rows.parquet"


def saved(examples: Sequence[Example], folder: Path) -> Path:
    """Store them with `datasets`, without tools: those follow from the domain, as the policy does."""
    rows = [{"messages": columns(one)["messages"][1:], "domain": "retail"} for one in examples]
    datasets.Dataset.from_list(rows).save_to_disk(str(folder / "saved"))
    return folder / "saved"


def exported(examples: Sequence[Example], folder: Path, kind: str) -> Path:
    """Store them with `cove data export`."""
    source, target = lines(examples, folder / "examples.jsonl"), folder / f"exported-{kind}"
    result = CliRunner().invoke(
        app(), ["data", "export", str(source), "--format", kind, "--out", str(target) + SUFFIXES[kind]]
    )
    assert result.exit_code == 0, result.stderr
    return Path(str(target) + SUFFIXES[kind])


SUFFIXES = {"hf": "", "verl-sft": ".parquet"}
STORES: dict[str, Store] = {
    "trajectories": trajectories,
    "synthesised": synthesised,
    "messages": messages,
    "parquet": parquet,
    "saved": saved,
}


def app() -> Any:
    from cove_rl.cli.main import app

    return app


def lines(records: Any, file: Path) -> Path:
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    return file


def columns(one: Example) -> dict[str, Any]:
    """Return the columns of an exported row, arguments spaced as Python spaces them."""
    chats = [system_message(DOMAIN), *chat_messages(one.trajectory.messages)]
    for chat in chats:
        for call in chat.get("tool_calls", ()):
            function = call["function"]
            if not isinstance(function["arguments"], str):
                function["arguments"] = json.dumps(function["arguments"])
    return {"messages": chats, "tools": DOMAIN.toolbox.schemas(), "domain": "retail"}


def facts() -> Facts:
    one = solved(1)[0]
    return facts_of(one.task, WORLD, one.trajectory)


async def rollouts(template: str, count: int = DIALOGUES) -> list[tuple[Played, Example]]:
    """Return conversations as rollouts, with the record of each; the oracle's come first."""
    builder, task = builder_of(template), solved(1)[0].task
    spoken = [one.trajectory.messages for one in solved(4)] + [tuple(dialogue(Random(seed))) for seed in range(count)]
    made = []
    for number, said in enumerate(spoken):
        played = await rollout(builder, DOMAIN, said, faithful, Random(number))
        outcome = Outcome("user_stop")
        record = Trajectory(task.id, WORLD.ref, "policy", "customer", tuple(played.recorded), outcome)
        made.append((played, Example(task, record, facts())))
    return made


def rows_of(path: Path, template: str, folder: Path, **changes: Any) -> Conversations:
    """Return the dataset that verl's SFT trainer would have."""
    (folder / "config.json").write_text('{"model_type": "qwen3"}')
    data = {"cove": COVE, "model_path": str(folder), "max_length": 100_000, "truncation": "error", **changes}
    return Conversations(str(path), tokenizer_of(template), data)


def differing(rows: Conversations, made: Sequence[tuple[Played, Example]]) -> Iterator[int]:
    """Yield the numbers of the conversations whose tokens or mask are not the rollout's."""
    assert len(rows) == len(made)
    for number, (played, _) in enumerate(made):
        stream, row = played.stream, rows[number]
        spoken = len(stream.ids) - stream.mask[::-1].index(1)  # what nobody answered is left out
        mask = [0] * len(stream.prompt) + stream.mask
        if (row["input_ids"].tolist(), row["loss_mask"].tolist()) != (stream.ids[:spoken], mask[:spoken]):
            yield number


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("template", TEMPLATES)
async def test_what_is_read_back_has_the_rollouts_tokens(template: str, store: str, tmp_path: Path) -> None:
    made = await rollouts(template)
    assert any(len(message.calls) == 3 for played, _ in made for message in played.recorded)
    path = STORES[store]([example for _, example in made], tmp_path)
    assert list(differing(rows_of(path, template, tmp_path), made)) == []


@pytest.mark.parametrize("kind", SUFFIXES)
@pytest.mark.parametrize("template", TEMPLATES)
async def test_what_is_exported_has_them_too(template: str, kind: str, tmp_path: Path) -> None:
    made = await rollouts(template)
    path = exported([example for _, example in made], tmp_path, kind)
    assert list(differing(rows_of(path, template, tmp_path), made)) == []


@pytest.mark.parametrize("template", TEMPLATES)
async def test_a_conversation_that_is_cut_is_the_rollouts_beginning(template: str, tmp_path: Path) -> None:
    made = await rollouts(template, 20)
    path = synthesised([example for _, example in made], tmp_path)
    prompt = max(len(played.stream.prompt) for played, _ in made)
    rows = rows_of(path, template, tmp_path, max_length=prompt + 60, truncation="right")
    for number, (played, _) in enumerate(made):
        stream = played.stream
        spoken = len(stream.ids) - stream.mask[::-1].index(1)
        ids, mask = stream.ids[:spoken][: prompt + 60], ([0] * len(stream.prompt) + stream.mask)[:spoken][: prompt + 60]
        same = (rows[number]["input_ids"].tolist(), rows[number]["loss_mask"].tolist()) == (ids, mask)
        assert same


def shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mask comes one token too late."""
    row = sft.row
    monkeypatch.setattr(sft, "row", lambda ids, mask: row(ids, [0, *mask[:-1]]))


def spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments stay the text that the file has, with other spaces than a template writes."""
    monkeypatch.setattr(sft_rows, "parsed_arguments", lambda text: text.replace(": ", ":"))


def greeted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The greeting is trained on."""

    def chat_tokens(builder: Any, chats: Any, tools: Any) -> Any:
        stream = tokens.chat_tokens(builder, chats, tools)
        greeting = builder.tokenizer.encode(chats[1]["content"], add_special_tokens=False)
        place = next(n for n in range(len(stream.prompt)) if stream.ids[n : n + len(greeting)] == greeting)
        stream.mask = [1] * (stream._prompt - place) + stream.mask
        stream._prompt = place
        return stream

    monkeypatch.setattr(sft, "chat_tokens", chat_tokens)


def uncut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of tools get another end."""
    monkeypatch.setattr(sft, "bounded", lambda tokenizer, content, limit: content + " ")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("defect", [shifted, spaced, greeted, uncut])
async def test_a_seeded_defect_is_found(
    template: str, defect: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rollouts(template, 12)
    rows = rows_of(messages([example for _, example in made], tmp_path), template, tmp_path)
    assert list(differing(rows, made)) == []
    defect(monkeypatch)
    assert len(list(differing(rows, made))) > len(made) // 2


async def test_the_rollout_is_told_apart_from_another(tmp_path: Path) -> None:
    """The comparison itself can fail: the rows of other conversations differ everywhere."""
    made = await rollouts("qwen3", 12)
    path = trajectories([example for _, example in made[1:] + made[:1]], tmp_path)
    assert len(list(differing(rows_of(path, "qwen3", tmp_path), made))) == len(made)
