"""Counts of a synthesis: what each teacher, user and domain yields (CoVe, Table 3), and why the rest is rejected."""

import msgspec

from cove_rl.synth.attempt import OTHERS, Entry


class Yield(msgspec.Struct):
    """What came of the attempts of one teacher, one user or one domain.

    Attributes:
        attempts: how many were made.
        passed: those that met the filter.
        others: those that failed and not by the teacher's fault.
        kept: examples.
    """

    attempts: int = 0
    passed: int = 0
    others: int = 0
    kept: int = 0

    @property
    def share(self) -> float:
        """The share of the attempts that passed, of those in which only the teacher could fail; 0 of none."""
        fair = self.attempts - self.others
        return self.passed / fair if fair else 0.0


class Tally(msgspec.Struct):
    """Everything that is counted, over the tasks that have been decided on.

    Attributes:
        tasks: how many.
        kept: examples.
        rejected: reason -> tasks of which nothing was kept, for that reason.
        teachers: by teacher.
        users: by user.
        domains: by domain.
        kinds: kind of constraint -> how many there are in the examples.
        turns: of all examples.
        tokens: read and written by served models.
        cost: of those, by the prices in the settings.
    """

    tasks: int = 0
    kept: int = 0
    rejected: dict[str, int] = {}
    teachers: dict[str, Yield] = {}
    users: dict[str, Yield] = {}
    domains: dict[str, Yield] = {}
    kinds: dict[str, int] = {}
    turns: int = 0
    tokens: int = 0
    cost: float = 0.0

    def add(self, entry: Entry) -> None:
        """Count a task."""
        self.tasks += 1
        for attempt in entry.attempts:
            for counts, name in self._counts(entry.domain, attempt.teacher, attempt.user):
                one = counts.setdefault(name, Yield())
                one.attempts += 1
                one.passed += not attempt.fault
                one.others += attempt.fault in OTHERS
            self.tokens += attempt.tokens
            self.cost += attempt.cost
        if entry.reason:
            self.rejected[entry.reason] = self.rejected.get(entry.reason, 0) + 1
        else:
            self._keep(entry)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why tasks were rejected, and how many; the commonest first."""
        return sorted(self.rejected.items(), key=lambda one: (-one[1], one[0]))

    def _keep(self, entry: Entry) -> None:
        chosen = entry.attempts[entry.chosen]
        for counts, name in self._counts(entry.domain, chosen.teacher, chosen.user):
            counts[name].kept += 1
        self.kept += 1
        for kind in entry.kinds:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.turns += entry.turns

    def _counts(self, domain: str, teacher: str, user: str) -> tuple[tuple[dict[str, Yield], str], ...]:
        return (self.teachers, teacher), (self.users, user), (self.domains, domain)
