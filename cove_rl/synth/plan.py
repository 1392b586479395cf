"""What a set of examples is made of: everything that decides its content, but for how large it is."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Generic, Literal, TypeVar, get_args

import msgspec

from cove_rl import __version__
from cove_rl.agents.kinds import agent_from_text
from cove_rl.agents.settings import AnyAgentSettings, OracleSettings
from cove_rl.endpoints.settings import EndpointSettings
from cove_rl.endpoints.spent import Spent
from cove_rl.errors import InputError
from cove_rl.sandbox import read_text
from cove_rl.synth.expression import condition, measure
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.tasks.worlds import KEPT
from cove_rl.users.kinds import user_from_text
from cove_rl.users.settings import AnyUserSettings, ScriptedSettings
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef

S = TypeVar("S")

KEEP = "success and culprit is None and not user_fault and not unconfirmed"
"""What is kept where nobody says otherwise: scores of exactly 1.0 (CoVe), by no accident and with consent."""
PREFER = "turns"
SHARD = 256
WORLDS = 4
"""Worlds of each domain (ours)."""
PROMPTS = ("user.yaml", "wording.yaml")
"""What models that play customers are told."""
_WEIGHTED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*\*\s*(.*)", re.DOTALL)

Balance = Literal["kinds", "constraints", "turns"]
BALANCES: tuple[Balance, ...] = get_args(Balance)


class Part(msgspec.Struct, Generic[S], frozen=True):
    """One of those who may play a side.

    Attributes:
        name: in ledgers and tables; no other part of the side has it.
        weight: its relative share of the tasks.
        settings: who it is.
    """

    name: str
    weight: float
    settings: S


Pair = tuple[Part[AnyAgentSettings], Part[AnyUserSettings]]


class Plan(msgspec.Struct, frozen=True):
    """Everything that decides what becomes of the task with an index, and whether it is kept.

    Attributes:
        worlds: those of each domain, in the order of the domains.
        seed: of the tasks.
        difficulty: of the tasks.
        teachers: who may play the agent.
        users: who may play the customer.
        keep: an expression over `Facts`; what it does not hold for is rejected.
        prefer: an expression over `Facts`; of several conversations about a task, the one where it is smallest is kept.
        retries: further attempts at a task of which nothing can be kept.
        best_of: attempts at every task.
        near: from which similarity on two conversations count as the same; None to tell exact duplicates only.
        balance: of what no group may take much more than its share.
        shard: tasks of a shard.
        keep_rejected: whether rejected conversations are written as well.
    """

    worlds: tuple[tuple[WorldRef, ...], ...]
    seed: int
    difficulty: Difficulty
    teachers: tuple[Part[AnyAgentSettings], ...]
    users: tuple[Part[AnyUserSettings], ...]
    keep: str = KEEP
    prefer: str = PREFER
    retries: int = 0
    best_of: int = 1
    near: float | None = None
    balance: tuple[Balance, ...] = ()
    shard: int = SHARD
    keep_rejected: bool = False

    def __post_init__(self) -> None:
        """Check what types cannot say.

        Raises:
            InputError: if an expression or a number is of no use, or there are too many worlds.
        """
        condition(self.keep)
        measure(self.prefer)
        count = sum(map(len, self.worlds))
        if count > KEPT:
            raise InputError(f"{count} worlds are too many: a process keeps {KEPT}, of all domains together")
        if self.near is not None and not 0.5 <= self.near <= 1:
            raise InputError(f"near duplicates are found from a similarity of 0.5 to 1 on, not {self.near}")

    def world(self, index: int) -> WorldRef:
        """Return the world of the task with an index: domains take turns, and so do the worlds of each."""
        turn, domain = divmod(index, len(self.worlds))
        worlds = self.worlds[domain]
        return worlds[turn % len(worlds)]

    def pairs(self, seed: str) -> list[Pair]:
        """Return all pairs of teacher and user in the order in which they attempt the task with that seed."""
        # the largest of u ** (1 / w) is at w with a probability in proportion to w (Efraimidis and Spirakis, 2006)
        pairs = [(teacher, user) for teacher in self.teachers for user in self.users]
        return sorted(pairs, key=lambda pair: _drawn(seed, *pair), reverse=True)

    @property
    def asks_models(self) -> bool:
        """Whether a teacher or a user is a served model, so that conversations have to wait."""
        return bool(_endpoints((self.teachers, self.users)))

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a run to go on with what another began, as JSON values."""
        whole = {"version": __version__, "prompts": _prompts(self), **msgspec.structs.asdict(self)}
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
        return found


def _drawn(seed: str, teacher: Part[Any], user: Part[Any]) -> float:
    rng = Random(f"{seed}:pair:{teacher.name}:{user.name}")  # noqa: S311  (a choice, not security)
    return float(rng.random() ** (1.0 / (teacher.weight * user.weight)))


def is_program(pair: Pair) -> bool:
    """Return whether this is the oracle with the scripted user, with whom every task is solved when it is made."""
    teacher, user = pair
    return isinstance(teacher.settings, OracleSettings) and isinstance(user.settings, ScriptedSettings)


def _endpoints(settings: object) -> list[EndpointSettings]:
    """Return the endpoints in some settings, wherever they are in them."""
    if isinstance(settings, EndpointSettings):
        return [settings]
    if isinstance(settings, msgspec.Struct):
        return [found for value in msgspec.structs.astuple(settings) for found in _endpoints(value)]
    parts = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, tuple) else ()
    return [found for value in parts for found in _endpoints(value)]


def price(settings: object, name: str, spent: Spent) -> float:
    """Return what one side of a conversation cost, by the prices in its settings.

    Args:
        settings: who might play.
        name: who did, as the trajectory names them; with several endpoints it tells which member of an ensemble.
        spent: what was used.
    """
    member = getattr(settings, "members", {}).get(name.partition(":")[2], settings)
    prices = _endpoints(member)
    if not prices:
        return 0.0
    return (prices[0].prompt_price * spent.prompt_tokens + prices[0].completion_price * spent.completion_tokens) / 1e6


def teachers_from(texts: Sequence[str]) -> tuple[Part[AnyAgentSettings], ...]:
    """Return teachers given on a command line, each with or without a weight: ``2*openai endpoint.url=...``.

    Raises:
        InputError: if one of them is none.
    """
    return tuple(_parts(texts, agent_from_text))


def users_from(texts: Sequence[str]) -> tuple[Part[AnyUserSettings], ...]:
    """Return users given on a command line, each with or without a weight.

    Raises:
        InputError: if one of them is none.
    """
    return tuple(_parts(texts, user_from_text))


def balances_from(text: str) -> tuple[Balance, ...]:
    """Return what is to be balanced, given with commas between.

    Raises:
        InputError: if there is no such thing.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in BALANCES]
    if wrong:
        raise InputError(f"cannot balance {', '.join(wrong)}; there are {', '.join(BALANCES)}")
    return tuple(one for one in BALANCES if one in names)


def _parts(texts: Sequence[str], read: Callable[[str], S]) -> Iterator[Part[S]]:
    taken: Counter[str] = Counter()
    for text in texts:
        weighted = _WEIGHTED.fullmatch(text)
        weight, rest = (float(weighted[1]), weighted[2]) if weighted else (1.0, text)
        if weight <= 0:
            raise InputError(f"the weight in {text!r} must be more than 0")
        settings = read(rest)
        name = _name(settings)
        taken[name] += 1
        yield Part(name if taken[name] == 1 else f"{name}#{taken[name]}", weight, settings)


def _name(settings: object) -> str:
    """Return the kind, and the model where there is one."""
    kind = str(getattr(settings, "__struct_config__").tag)  # noqa: B009  (every settings struct has it)
    models = [endpoint.model for endpoint in _endpoints(settings)]
    return f"{kind}:{models[0]}" if len(models) == 1 else kind


def _prompts(plan: Plan) -> dict[str, str]:
    """Return digests of everything models are told, by where it stands."""
    domains = {worlds[0].domain: get_domain(worlds[0].domain) for worlds in plan.worlds}
    told = {f"{name} policy": domain.policy.encode() for name, domain in domains.items()}
    told |= {f"{name} tools": msgspec.json.encode(domain.toolbox.schemas()) for name, domain in domains.items()}
    told |= {name: read_text(name).encode() for name in PROMPTS}
    return {name: hashlib.sha256(text).hexdigest()[:16] for name, text in told.items()}
