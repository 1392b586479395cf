"""Checks of tasks: solvable from the agent's chair, the same bytes anywhere, read back from a file, of every kind."""

from cove_rl.errors import SamplingError
from cove_rl.evaluation.conformance.check import Cases, Check, Note, check
from cove_rl.evaluation.conformance.elsewhere import digest, elsewhere
from cove_rl.evaluation.conformance.faults import shortened, words_of
from cove_rl.evaluation.conformance.rehearsal import breakdown, why_unsolved
from cove_rl.evaluation.conformance.subject import Subject
from cove_rl.evaluation.conformance.worlds import REPRODUCIBLE
from cove_rl.synth.tasks import ATTEMPTS, finished, sample_task, solve
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import decode_task, encode_task
from cove_rl.verify.replay import replay
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall

FEW, FEWER = 50, 10
"""Tasks that are drawn and solved once more here, and in another process."""
MOST_REJECTED = 0.5
"""Share of candidates that the oracle may leave unsolved (ours): beyond it, goals and oracle are at odds."""
SEARCH = 300
"""Candidates that are drawn in search of kinds of constraints that have not come up."""


@check(
    "A draft must be possible in every world, and what it draws must not break down.",
    "Return None from `draft` where a customer has too little to ask for; most draws should not.",
)
def drafts(subject: Subject) -> Cases:
    """`draft` finds customers with requests of declared kinds."""
    known = subject.domain.get().constraints
    found = subject.drafts.make()
    yield "" if found else f"none of {10 * subject.sizes.tasks} draws led to a customer"
    for draft in found:
        strange = [type(one.constraint).__name__ for one in draft.requests if not isinstance(one.constraint, known)]
        yield "" if draft.identity and draft.requests else "a draft needs an identity and a request"
        yield f"{strange[0]} is not among the domain's `constraints`" if strange else ""
    yield Note(f"{len(found)} of {10 * subject.sizes.tasks} draws led to a customer")


@check(
    "A task that cannot be solved from what is said and read teaches an agent nothing but luck.",
    "Play the counterexample through: the oracle must find out, ask, check, propose and write all by itself.",
)
def solvable(subject: Subject) -> Cases:
    """Tasks are found, and the oracle solves each of them through the dialogue, with exactly 1.0."""
    drawn = subject.drawn.make()
    for one in drawn.solved:
        yield "" if one.is_solved and one.verdict.score == 1.0 else why_unsolved(one)
    world, folders = subject.world.get(), subject.folders
    reason = ""
    if drawn.rejected:
        first = drawn.rejected[0]
        reason = f"{why_unsolved(first)}{breakdown(first.task, world, folders)}"
    if drawn.stopped is not None:
        yield f"no task {drawn.stopped} in {ATTEMPTS} draws; {reason or '`draft` returned None each time'}"
        return
    many = drawn.unsolved > MOST_REJECTED * drawn.candidates
    rate = f"the oracle left {drawn.unsolved} of {drawn.candidates} candidates unsolved"
    yield f"{rate}; {reason}" if many else ""
    yield Note(f"{rate}; {shortened(reason, 200)}" if reason else rate)


@check("Two people who give the same seed must get the same tasks, byte for byte.", REPRODUCIBLE)
def tasks_repeat(subject: Subject) -> Cases:
    """The same seed gives the same tasks and the same conversations, in any order, on a world generated again."""
    tasks = list(enumerate(subject.tasks()[:FEW]))
    world, domain = subject.new_world(), subject.domain.get()
    for index, one in reversed(tasks):
        try:
            again = finished(sample_task(domain, world, subject.sizes.seed, index, Mix())).solved
        except SamplingError as error:
            yield f"{one.task.id} was found the first time, and not again: {error}"
            continue
        same = encode_task(again.task) == encode_task(one.task)
        yield "" if same else f"{one.task.id}: {_difference(encode_task(one.task), encode_task(again.task))}"
        same = again.trajectory == one.trajectory or not same
        yield "" if same else f"{one.task.id}: the same task, but the conversation goes another way"


@check("Training draws tasks in other processes and on other machines.", REPRODUCIBLE)
def tasks_repeat_elsewhere(subject: Subject) -> Cases:
    """A new process, which orders sets differently, draws the same tasks."""
    here = [digest(encode_task(one.task)) for one in subject.tasks()[:FEWER]]
    there = elsewhere(subject.name, subject.sizes.seed, len(here), 3)
    if there.fault:
        yield there.fault
        return
    for one, mine, theirs in zip(subject.tasks(), here, there.tasks, strict=False):
        yield "" if mine == theirs else f"{one.task.id} is another task with PYTHONHASHSEED=3"


@check(
    "Tasks are kept in files and sent to other processes.",
    "Use field types in constraints that msgspec can read back: texts, numbers, records, tuples, Literals.",
)
def tasks_survive_a_file(subject: Subject) -> Cases:
    """A task that is written and read back is the same task."""
    for one in subject.tasks():
        line = encode_task(one.task)
        back = decode_task(line)
        yield "" if back == one.task and encode_task(back) == line else f"{one.task.id} came back as {back}"


@check(
    "A kind that never becomes a task is never trained; one that is never solved is dropped without a word.",
    "Have `draft` draw it, and the oracle solve it; or remove it from `constraints`.",
)
def every_kind_comes_up(subject: Subject) -> Cases:
    """Every declared kind of constraint is drawn, and solved."""
    solved = {constraint.kind for one in subject.tasks() for constraint in one.task.constraints}
    wanted = [str(kind.__struct_config__.tag) for kind in subject.domain.get().constraints]
    unsolved = _search(subject, set(wanted) - solved)
    for kind in wanted:
        if kind not in unsolved:
            yield ""
        elif unsolved[kind] is None:
            yield f"'{kind}' was drawn in none of {len(subject.tasks()) + SEARCH} tasks"
        else:
            yield f"'{kind}' was drawn, and never solved: {unsolved[kind]}"


@check(
    "The four uses of a constraint must agree: what is sampled, what is checked and what is possible.",
    "Make `actions` the calls that lead to what `goals` wants, and `evidence` reads that the oracle makes.",
)
def actions_lead_to_goals(subject: Subject) -> Cases:
    """A constraint's own actions, after the oracle's reads, are scored exactly 1.0."""
    domain, world = subject.domain.get(), subject.world.get()
    for one in subject.tasks():
        actions = [action for constraint in one.task.constraints for action in constraint.actions(world)]
        writes = [ToolCall(f"action-{at}", action.name, action.arguments) for at, action in enumerate(actions)]
        made = [step.call for step in replay(domain, world, one.trajectory.calls()) if not step.wrote]
        reads = [call for call in made if call.name != domain.transfer_tool]
        transfer = [call for call in made if call.name == domain.transfer_tool]
        verdict = verify(one.task, world, [*reads, *writes, *transfer])
        wrong = [constraint.reason for constraint in verdict.constraints if not constraint.satisfied]
        wrong += [write.reason for write in verdict.redundant_writes]
        yield "" if verdict.score == 1.0 else f"{one.task.id} scores {verdict.score:.2f}: {' '.join(wrong)}"


@check(
    "Verdicts and task listings say in these words what was wanted.",
    "Implement `describe` of every constraint, with its real ids.",
)
def goals_are_described(subject: Subject) -> Cases:
    """Every constraint describes itself."""
    for constraint in {one.constraint.kind: one.constraint for one in subject.requests()}.values():
        try:
            words = constraint.describe()
        except Exception as error:
            yield f"{constraint}: {words_of(error, subject.folders)}"
            continue
        yield "" if isinstance(words, str) and words.strip() else f"{constraint} describes itself as {words!r}"


def _search(subject: Subject, missing: set[str]) -> dict[str, str | None]:
    """Draw more candidates for kinds that have not come up; return those still missing, with why they are unsolved."""
    left: dict[str, str | None] = dict.fromkeys(missing)
    domain, world = subject.domain.get(), subject.world.get()
    for index in range(SEARCH if left else 0):
        task = draw_task(domain, world, subject.sizes.seed + 1, index, 0, Mix((1, 1, 1)))
        kinds = {constraint.kind for constraint in task.constraints} & left.keys() if task is not None else set()
        if task is None or not kinds:
            continue
        solved = finished(solve(task, world))
        for kind in kinds:
            if solved.is_solved:
                del left[kind]
            else:
                left[kind] = left[kind] or why_unsolved(solved)
    return left


def _difference(one: bytes, other: bytes) -> str:
    """Show where two lines part."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    shown = [line[max(at - 30, 0) : at + 50].decode(errors="replace") for line in (one, other)]
    return f"...{shown[0]}... came back as ...{shown[1]}..."


CHECKS: tuple[Check, ...] = (
    drafts,
    goals_are_described,
    solvable,
    tasks_repeat,
    tasks_repeat_elsewhere,
    tasks_survive_a_file,
    every_kind_comes_up,
    actions_lead_to_goals,
)
