"""Everything the rules of an audit look at."""

from collections.abc import Sequence
from functools import cached_property

from cove_rl.audit.cues import cues
from cove_rl.audit.lore import Lore, lore_of
from cove_rl.audit.topics import Follower, Topics
from cove_rl.audit.transcript import Said, reader_of, sentences
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.speech.grammar import Grammar
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task, is_actionable
from cove_rl.users.listening import Ear, differs, ear_of
from cove_rl.users.slips import Slips, slips_of
from cove_rl.verify.replay import replay
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.hint import Request
from cove_rl.world.world import World


class Case:
    """An episode under audit: the task, what was said, and what the verifier makes of the calls.

    Args:
        task: the task.
        world: the task's world.
        trajectory: the episode.
    """

    def __init__(self, task: Task, world: World, trajectory: Trajectory) -> None:
        self.task = task
        self.world = world
        self.messages: Sequence[Message] = trajectory.messages
        self.outcome: Outcome = trajectory.outcome
        self.domain: Domain = get_domain(task.domain)
        self.ear: Ear = ear_of(task.domain)
        self.grammar: Grammar = speech_of(task.domain).grammar
        self.said: tuple[Said, ...] = reader_of(task.domain).read(trajectory.messages)
        self._calls = trajectory.calls()

    @cached_property
    def topics(self) -> Topics:
        """What was talked about."""
        return Follower(self.task, self.grammar, self.ear).follow(self.said)

    @cached_property
    def slips(self) -> Slips:
        """What the customer is meant to tell wrong at first, and to put right."""
        return slips_of(self.task)

    @cached_property
    def lore(self) -> Lore:
        """What there is to know in the world."""
        return lore_of(self.world)

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict on the whole episode."""
        return verify(self.task, self.world, self._calls)

    @cached_property
    def writes(self) -> frozenset[int]:
        """The positions, among all calls, of those that were successful calls of write tools."""
        return frozenset(step.position for step in replay(self.domain, self.world, self._calls) if step.wrote)

    def verdict_before(self, place: int) -> Verdict:
        """Return the verdict on the calls made before a message."""
        return verify(self.task, self.world, self._calls[: self.calls_before(place)])

    def calls_before(self, place: int) -> int:
        """Return how many calls were made before a message."""
        return sum(len(message.calls) for message in self.messages[:place])

    def topics_of(self, said: Said) -> tuple[int, ...]:
        """Return the requests that were told last before a message: what the agent was talking about."""
        return self.topics.last[said.number - 1] if said.number else ()

    def topic(self, said: Said) -> int | None:
        """Return the one request that was told last before a message; None if there were several, or none."""
        topics = self.topics_of(said)
        return topics[0] if len(topics) == 1 else None

    def open(self, said: Said) -> list[int]:
        """Return the requests a message may be about: the topics, or all that were made where free text hides them."""
        topics = self.topics_of(said)
        spoken = any(one.loose for one in self.said[: said.number])
        if topics or not spoken:
            return list(topics)
        return [number for number, _ in enumerate(self.task.requests) if number not in self.topics.unrevealed]

    def offered(self, said: Said) -> str:
        """Return what the agent said before a message, without the sentences that say something cannot be done."""
        return " ".join(one for one in sentences(said.agent) if not self.ear.listen(one).refused)

    @staticmethod
    def says_yes(said: Said) -> bool:
        """Return whether a message agrees, without anything that makes it something else than plain consent."""
        free = said.loose[:1]
        known = said.has("yes") or (not said.heard and any(cues().yes.search(text) for text in free))
        doubts = said.has("no") or said.asks_for or any(one.hints for one in said.heard)
        return bool(known and not doubts and not any(cues().but.search(text) for text in said.loose))

    @staticmethod
    def says_no(said: Said) -> bool:
        """Return whether a message turns something down."""
        free = not said.heard and any(cues().no.search(text) for text in said.loose[:1])
        return bool((said.has("no") or free) and not said.has("yes"))

    def is_met(self, request: int) -> bool:
        """Return whether a request's constraint holds in the end."""
        return self.verdict.constraints[request].satisfied

    @staticmethod
    def possible(request: Request) -> bool:
        """Return whether a request can be met with tools."""
        return is_actionable(request.constraint) and not request.constraint.transfer

    def is_wrong(self, request: Request, proposal: str) -> bool:
        """Return whether a proposal shows, in its words, that it means something else than the request."""
        checks = [check for hint in request.hints for check in hint.checks]
        return self.ear.is_about_another(request.act, proposal) or any(differs(check, proposal) for check in checks)
