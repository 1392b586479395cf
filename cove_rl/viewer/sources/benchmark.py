"""Runs of tau2-bench: its result files, and files with one recorded run a line."""

from typing import Any

import msgspec

from cove_rl.audit.recorded import audit_messages
from cove_rl.episode.trajectory import Message
from cove_rl.evaluation.official import RecordedCall
from cove_rl.evaluation.recorded import RecordedMessage, RecordedRun
from cove_rl.files import decode_json
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Check, Detail, Part, Turn
from cove_rl.viewer.dialogue import turns_of
from cove_rl.viewer.episode_detail import faults_of
from cove_rl.viewer.sources.source import Known


class _ActionCheck(msgspec.Struct):
    action: RecordedCall
    action_match: bool | None = None


class _WordCheck(msgspec.Struct):
    """What the agent had to say, or what a judge was asked."""

    met: bool | None = None
    info: Any = None
    nl_assertion: Any = None
    env_assertion: Any = None
    justification: str | None = None


class _DbCheck(msgspec.Struct):
    db_match: bool | None = None


class _Reward(msgspec.Struct):
    reward: float | None = None
    db_check: _DbCheck | None = None
    action_checks: tuple[_ActionCheck, ...] | None = None
    communicate_checks: tuple[_WordCheck, ...] | None = None
    nl_assertions: tuple[_WordCheck, ...] | None = None
    env_assertions: tuple[_WordCheck, ...] | None = None
    reward_breakdown: dict[str, Any] | None = None


class _Run(RecordedRun, frozen=True):
    """A run with how it was scored; `id` is what result files call `sim_id`."""

    id: str | None = None
    agent: str | None = None
    user: str | None = None
    reward_info: _Reward | None = None  # type: ignore[assignment]


class BenchmarkRuns:
    """Reads runs.

    Args:
        domain: of runs that do not say so themselves, as in result files.
        agent: who played the agent in those.
        user: who played the customer in those.
    """

    def __init__(self, domain: str = "", agent: str = "", user: str = "") -> None:
        self._domain, self._agent, self._user = domain, agent, user

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row; a run succeeded if its reward is 1."""
        run = decode_json(record, _Run, "a recorded run")
        reward = run.reward_info.reward if run.reward_info else None
        messages = _messages(run)
        return Card(
            _title(run),
            run.domain or self._domain,
            run.agent or self._agent,
            run.user or self._user,
            (),
            reward,
            None if reward is None else reward >= 1.0,
            run.termination_reason or "",
            turns=sum(message.role != "tool" for message in messages),
            calls=sum(len(message.calls) for message in messages),
        )

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation, with what the benchmark checked as its checklist."""
        run = decode_json(record, _Run, "a recorded run")
        messages = _messages(run)
        turns = turns_of(messages, run.domain or self._domain)
        reward = run.reward_info or _Reward()
        parts = [] if reward.reward is None else [Part("reward", reward.reward)]
        parts += [Part(name, _figure(value)) for name, value in (reward.reward_breakdown or {}).items()]
        sides = (("agent", run.agent or self._agent), ("user", run.user or self._user))
        return Detail(
            title=_title(run),
            turns=turns,
            outcome=f"ended by {run.termination_reason}" if run.termination_reason else "",
            checks=_checks(reward, turns),
            faults=faults_of(audit_messages(messages)),
            parts=(*parts, *(Part(name, value) for name, value in sides if value)),
        )


def _title(run: _Run) -> str:
    trial = "" if run.trial is None else f", trial {run.trial}"
    return run.name if run.task_id is None else f"task {run.task_id}{trial}"


def _figure(value: object) -> float | str:
    return float(value) if isinstance(value, int | float) else str(value)


def _messages(run: _Run) -> list[Message]:
    """Return what was said as messages; the system's are left out, and customers may have calls of their own."""
    return [_message(one) for one in run.flat() if one.role in ("assistant", "user", "tool")]


def _message(one: RecordedMessage) -> Message:
    calls = tuple(call.to_call() for call in one.tool_calls or ())
    role: Any = one.role
    if role == "tool":
        return Message(role, one.text, call_id=str(one.id or ""), error=one.failed)
    return Message(role, one.text, calls)


def _checks(reward: _Reward, turns: tuple[Turn, ...]) -> tuple[Check, ...]:
    checks = []
    if reward.db_check is not None and reward.db_check.db_match is not None:
        checks.append(Check("database", reward.db_check.db_match, "the final database equals that of the gold actions"))
    checks += [_action(one, turns) for one in reward.action_checks or ()]
    kinds = (("communicate", "communicate_checks"), ("judged", "nl_assertions"), ("environment", "env_assertions"))
    for kind, name in kinds:
        checks += [Check(kind, one.met, _reason(one)) for one in getattr(reward, name) or ()]
    return tuple(checks)


def _action(check: _ActionCheck, turns: tuple[Turn, ...]) -> Check:
    """Return a gold action's line, with the calls that are equal to it."""
    gold = check.action.to_call()
    written = msgspec.json.encode(gold.arguments)
    made = (call for turn in turns for call in turn.calls if call.name == gold.name)
    equal = tuple(call.number for call in made if _same(call.arguments, gold.arguments))
    return Check("action", check.action_match, f"{gold.name} {written.decode()}", equal if check.action_match else ())


def _same(shown: str, arguments: object) -> bool:
    try:
        return bool(msgspec.json.decode(shown) == arguments)
    except msgspec.DecodeError:
        return False


def _reason(check: _WordCheck) -> str:
    what = next((one for one in (check.info, check.nl_assertion, check.env_assertion) if one is not None), "")
    words = what if isinstance(what, str) else msgspec.json.encode(what).decode()
    return f"{words}: {check.justification}" if check.justification else words
