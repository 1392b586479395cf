"""Checks of what is rewarded: nothing for doing nothing, nothing for a wrong end, all for a right one."""

from cove_rl.evaluation.conformance.check import Cases, Check, Note, check
from cove_rl.evaluation.conformance.sessions import words_of_call
from cove_rl.evaluation.conformance.subject import Subject
from cove_rl.synth.idle import idle_scores
from cove_rl.world.call import ToolCall


@check(
    "An agent that is paid for inaction learns inaction.",
    "Leave a draft out that has nothing to be done, and give goals only to facts that the world does not have yet.",
)
def inaction_earns_nothing(subject: Subject) -> Cases:
    """Doing nothing, and doing no more than the oracle's reads, is scored 0."""
    world = subject.world.get()
    for one in subject.tasks():
        scores = idle_scores(one.task, world, one.trajectory.calls())
        wants = "; ".join(constraint.describe() for constraint in one.task.constraints)
        yield "" if scores.nothing == 0 else f"{one.task.id} ({wants}) pays {scores.nothing} for doing nothing"
        yield "" if scores.reads == 0 else f"{one.task.id} ({wants}) pays {scores.reads} for reading alone"


@check(
    "The verdict is the reward: what it accepts wrongly is what training will find.",
    "Give a constraint one goal for every fact the customer decides, and read only those facts in it.",
)
def mutants_are_judged_rightly(subject: Subject) -> Cases:
    """Solutions that were spoilt score below 1.0, and those changed harmlessly score 1.0."""
    report = subject.mutated.make()
    first = {example.kind: example for example in reversed(report.examples)}
    for tally in report.kinds:
        wrong = tally.wrong_accepts + tally.wrong_rejects
        for at in range(tally.mutants):
            example = first.get(tally.kind)
            calls = "" if example is None else ", ".join(map(words_of_call, example.calls))
            fault = "" if example is None else f"{example.task_id}: {example.fault}; calls: {calls}"
            yield f"{tally.kind}: {fault or 'see `cove verify mutate`'}" if at < wrong else ""
    yield Note(f"{report.mutants} mutants of {report.tasks} tasks, in {len(report.kinds)} kinds")


@check(
    "A fault in a goal shows only if a mutation reaches it.",
    "Have `alternatives` offer other values for the argument, or sample more with --tasks and --mutants.",
)
def mutations_reach_everything(subject: Subject) -> Cases:
    """Every argument of every write can be given another value, and every kind of mutation that applies was made."""
    domain, world = subject.domain.get(), subject.world.get()
    report = subject.mutated.get()
    offered: dict[tuple[str, str], bool] = {}
    for action in (action for request in subject.requests() for action in request.constraint.actions(world)):
        call = ToolCall("action", action.name, action.arguments)
        for name in action.arguments:
            key = (action.name, name)
            offered[key] = offered.get(key, False) or bool(domain.alternatives(world, call, name))
    for (tool, name), known in offered.items():
        yield "" if known else f"`alternatives` knows no other value for {name} of {tool}"
    constraints = [constraint for one in subject.tasks()[: report.tasks] for constraint in one.task.constraints]
    applying = {
        "nothing done": True,
        "reads added": True,
        "write dropped": bool(offered),
        "write that fails": bool(offered),
        "unasked write": bool(offered),
        "refused without reading": any(constraint.evidence(world) for constraint in constraints),
        "transfer dropped": any(constraint.transfer for constraint in constraints),
    }
    made = {tally.kind for tally in report.kinds}
    for kind, applies in applying.items():
        if applies:
            yield "" if kind in made else f"no mutant is a '{kind}'"


CHECKS: tuple[Check, ...] = (inaction_earns_nothing, mutants_are_judged_rightly, mutations_reach_everything)
