"""What came out of replaying recorded runs: per run, and in total."""

import msgspec

_AROUND = 40


class Disagreement(msgspec.Struct, frozen=True):
    """One difference between a recording and us.

    Attributes:
        where: the call, or the check of the database.
        kind: "text" (both succeed, results differ), "fails" (only ours fails), "succeeds" (only ours succeeds),
            "breaks" (our tool raised something else than a refusal) or "state" (the final databases compare otherwise).
        recorded: what the benchmark returned or found.
        ours: what we return or find.
    """

    where: str
    kind: str
    recorded: str
    ours: str

    def explanation(self) -> str:
        """Return the difference in a line, from shortly before the place where the two part."""
        pairs = enumerate(zip(self.recorded, self.ours, strict=False))
        shorter = min(len(self.recorded), len(self.ours))
        parting = next((at for at, (one, other) in pairs if one != other), shorter)
        start = max(0, parting - _AROUND)
        recorded, ours = (_excerpt(text, start) for text in (self.recorded, self.ours))
        return f"{self.kind}: recorded {recorded}, ours {ours}"


def _excerpt(text: str, start: int, length: int = 4 * _AROUND) -> str:
    end = start + length
    return repr(("..." if start else "") + text[start:end] + ("..." if len(text) > end else ""))


class Excuse(msgspec.Struct, frozen=True):
    """A recorded call that was not compared, and why."""

    where: str
    reason: str


class RunReport(msgspec.Struct, frozen=True):
    """One run. `calls` is the sum of `equal`, `failed_alike`, `unanswered`, excuses and disagreements about calls.

    Attributes:
        run: the run's name.
        calls: recorded calls.
        equal: calls that return the recorded text.
        failed_alike: calls that fail here and there.
        unanswered: calls whose result was not recorded.
        db_recorded: whether the benchmark found the final database right; None if it did not look.
        db_ours: whether we do.
        excuses: calls that were not compared.
        disagreements: everything that differs.
        skipped: why the run could not be replayed at all.
    """

    run: str
    calls: int = 0
    equal: int = 0
    failed_alike: int = 0
    unanswered: int = 0
    db_recorded: bool | None = None
    db_ours: bool | None = None
    excuses: tuple[Excuse, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    skipped: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """Counts over all runs; the names are those of `RunReport`."""

    runs: int
    skipped: int
    calls: int
    equal: int
    failed_alike: int
    unanswered: int
    excuses: int
    db_compared: int
    db_agreed: int
    disagreements: int


class ReplayReport(msgspec.Struct, frozen=True):
    """All runs of one domain."""

    domain: str
    runs: tuple[RunReport, ...]

    @property
    def totals(self) -> Totals:
        """Counts over all runs."""
        compared = [run for run in self.runs if run.db_recorded is not None and run.skipped is None]
        return Totals(
            runs=len(self.runs),
            skipped=sum(run.skipped is not None for run in self.runs),
            calls=sum(run.calls for run in self.runs),
            equal=sum(run.equal for run in self.runs),
            failed_alike=sum(run.failed_alike for run in self.runs),
            unanswered=sum(run.unanswered for run in self.runs),
            excuses=sum(len(run.excuses) for run in self.runs),
            db_compared=len(compared),
            db_agreed=sum(run.db_recorded == run.db_ours for run in compared),
            disagreements=sum(len(run.disagreements) for run in self.runs),
        )

    def notable(self) -> tuple[RunReport, ...]:
        """Return the runs about which there is more to say than counts."""
        return tuple(run for run in self.runs if run.disagreements or run.excuses or run.skipped)
