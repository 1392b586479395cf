"""Checks of what a domain declares: itself, its records and constraints, its tools, its policy, its language."""

import re

from cove_rl.evaluation.conformance.check import Cases, Check, Note, check
from cove_rl.evaluation.conformance.faults import words_of
from cove_rl.evaluation.conformance.subject import Subject
from cove_rl.world.constraint import Constraint
from cove_rl.world.record import Record
from cove_rl.world.tool import Tool

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Function names that OpenAI's endpoints accept."""


@check(
    "Tasks, files and commands find a domain by its name alone, in other processes too.",
    'Offer an instance of `Domain` under [project.entry-points."cove_rl.domains"], named like its `name`; reinstall.',
)
def entry_point(subject: Subject) -> Cases:
    """The entry point leads to a domain that has the same name."""
    domain = subject.domain.make()
    yield "" if domain.name == subject.name else f"the entry point is '{subject.name}', its domain '{domain.name}'"


@check(
    "Worlds and tasks are read back from files by these declarations.",
    "Correct `tables`, `constraints` or `default_size` of the domain's class.",
)
def declarations(subject: Subject) -> Cases:
    """Tables are of records, constraints are of different kinds, sizes are those of tables."""
    domain = subject.domain.get()
    yield "" if domain.tables and domain.constraints else "`tables` and `constraints` need an entry each at least"
    for name, kind in domain.tables.items():
        yield "" if issubclass(kind, Record) else f"table '{name}' is of {kind.__name__}, which is no `Record`"
    kinds = list(domain.tables.values())
    yield "" if len(set(kinds)) == len(kinds) else "two tables are of one record type"
    tags: dict[object, type[Constraint]] = {}
    for constraint in domain.constraints:
        tag = constraint.__struct_config__.tag
        known = tags.setdefault(tag, constraint)
        yield "" if known is constraint and isinstance(tag, str) else _tagless(constraint, tag)
    for name in domain.default_size:
        yield "" if name in domain.tables else f"`default_size` names '{name}', which is no table"


def _tagless(constraint: type[Constraint], tag: object) -> str:
    return f"{constraint.__name__} has the tag {tag!r}: give each kind of constraint a tag of its own, a text"


@check(
    "An agent chooses a tool by its name, and a conversation ends when the transfer tool is used.",
    "Give each tool a name of its own, and the domain a tool named like its `transfer_tool`.",
)
def tool_names(subject: Subject) -> Cases:
    """Tools have different names, and one of them hands over to a human."""
    domain = subject.domain.get()
    toolbox = subject.toolbox.make()
    for name in toolbox.tools:
        yield "" if _NAME.fullmatch(name) else f"'{name}' cannot be a function's name: letters, digits, _ and - can"
    transfer = toolbox.tools.get(domain.transfer_tool)
    yield "" if transfer is not None else f"there is no tool '{domain.transfer_tool}'"
    if transfer is not None:
        yield "" if transfer.kind != "write" else f"'{transfer.name}' is a write tool; a transfer changes no record"


@check(
    "The schema is all that a model is told about a tool, and endpoints refuse one that is not valid.",
    "Annotate every parameter, and describe the tool and each argument in its docstring, under `Args:`.",
)
def schemas(subject: Subject) -> Cases:
    """Every tool has a valid OpenAI function definition, made of its signature and docstring."""
    for tool in subject.domain.get().tools:
        yield _schema_fault(tool)


def _schema_fault(tool: Tool) -> str:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(tool.schema["function"]["parameters"])
    except SchemaError as error:
        return f"{tool.name}: {error.message}"
    except Exception as error:  # of an argument's type or of the docstring, which are the domain's
        return f"{tool.name}: {words_of(error)}"
    return ""


@check(
    "The policy is the agent's system prompt: what it does not say, no agent can be right about.",
    "Write what may be done, and when, into policy.md in the folder that `data` names.",
)
def policy(subject: Subject) -> Cases:
    """There is a policy, and it is not empty."""
    text = subject.domain.get().policy
    yield "" if text.strip() else f"{subject.domain.get().data / 'policy.md'} is empty"
    yield Note(f"{len(text.split())} words")


@check(
    "Customer and oracle talk with these sentences; one that lacks something breaks conversations off.",
    "Complete speech.yaml in the folder that `data` names: phrases, acts, agent, listen.",
)
def speech(subject: Subject) -> Cases:
    """The sentences of the domain can be loaded, laid over those that all domains share."""
    grammar = subject.speech.make().grammar
    yield ""
    subject.ear.make()
    yield ""
    yield Note(f"{len(grammar.acts())} kinds of statements")


CHECKS: tuple[Check, ...] = (entry_point, declarations, tool_names, schemas, policy, speech)
