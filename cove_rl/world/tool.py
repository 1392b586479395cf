"""A tool: a typed function on a state, its schema derived from its signature and docstring."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, get_type_hints

import docstring_parser
import msgspec

from cove_rl.errors import DomainError, ToolError
from cove_rl.world.call import CallResult, Requestor, ToolCall
from cove_rl.world.state import State

ToolKind = Literal["read", "write", "generic"]


class Tool:
    """A function an agent may call. Its first parameter is the state; the others are the arguments.

    Attributes:
        name: what the agent calls it.
        kind: "read" leaves the state alone, "write" may change it, "generic" does not touch it.
        owner: who may call it.
        arguments: a struct type with one field per argument; decoding into it validates a call.
    """

    def __init__(self, function: Callable[..., object], kind: ToolKind, owner: Requestor) -> None:
        self.name = function.__name__
        self.kind = kind
        self.owner = owner
        self.function = function
        self._hints = get_type_hints(function, include_extras=True)
        self._parameters = list(inspect.signature(function).parameters.values())[1:]
        self.arguments = msgspec.defstruct(
            f"{self.name}_arguments",
            [self._field(parameter) for parameter in self._parameters],
            forbid_unknown_fields=True,
        )

    def _field(self, parameter: inspect.Parameter) -> tuple[str, Any] | tuple[str, Any, Any]:
        if parameter.name not in self._hints:
            raise DomainError(f"tool {self.name}: parameter '{parameter.name}' needs a type annotation")
        if parameter.default is inspect.Parameter.empty:
            return parameter.name, self._hints[parameter.name]
        return parameter.name, self._hints[parameter.name], parameter.default

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The tool as an OpenAI function definition.

        Raises:
            DomainError: if the docstring lacks a description of the tool or of one of its arguments.
        """
        doc = docstring_parser.parse(inspect.getdoc(self.function) or "", docstring_parser.DocstringStyle.GOOGLE)
        about = {parameter.arg_name: parameter.description or "" for parameter in doc.params}
        silent = [parameter.name for parameter in self._parameters if not about.get(parameter.name)]
        if silent or not doc.description:
            raise DomainError(f"tool {self.name}: the docstring must describe {', '.join(silent) or 'the tool'}")
        properties = {
            parameter.name: {
                **_inlined(self._hints[parameter.name]),
                "description": " ".join(about[parameter.name].split()),
            }
            for parameter in self._parameters
        }
        required = [p.name for p in self._parameters if p.default is inspect.Parameter.empty]
        parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        function = {"name": self.name, "description": " ".join(doc.description.split()), "parameters": parameters}
        return {"type": "function", "function": function}

    def signature(self) -> str:
        """Return the arguments as a person would write them: ``order_id: string, reason: string``."""
        parameters = self.schema["function"]["parameters"]["properties"]
        return ", ".join(f"{name}: {_kind(part)}" for name, part in parameters.items()) or "no arguments"


def _kind(schema: Mapping[str, Any]) -> str:
    """Return what a JSON schema asks for, in a few words: a type, the values to choose from, what a list holds."""
    if "enum" in schema:
        return " or ".join(map(repr, schema["enum"]))
    if schema.get("type") == "array":
        return f"array of {_kind(schema['items'])}"
    if "properties" in schema:
        return f"{{{', '.join(schema['properties'])}}}"
    return str(schema.get("type", "value"))


def _inlined(hint: Any) -> dict[str, Any]:
    """Return the JSON schema of a type with its references written out, as tool-calling endpoints expect."""
    (schema,), definitions = msgspec.json.schema_components([hint], ref_template="{name}")

    def expand(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return expand(definitions[node["$ref"]])
            typed = {"type": "string"} if _is_choice(node) else {}  # msgspec leaves it out, verl and others require it
            return {**typed, **{key: expand(value) for key, value in node.items() if key != "title"}}
        return [expand(value) for value in node] if isinstance(node, list) else node

    expanded: dict[str, Any] = expand(schema)
    return expanded


def _is_choice(node: dict[str, Any]) -> bool:
    """Whether a schema is a choice of texts."""
    choices = node.get("enum")
    return isinstance(choices, list) and all(isinstance(one, str) for one in choices)


def tool(kind: ToolKind, owner: Requestor = "assistant") -> Callable[[Callable[..., object]], Tool]:
    """Turn a function ``f(state, argument, ...)`` into a `Tool`; its docstring is what the agent is told about it."""
    return lambda function: Tool(function, kind, owner)


class Toolbox:
    """The tools of one domain, called by name.

    Raises:
        DomainError: if two tools share a name.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools: dict[str, Tool] = {}
        for one in tools:
            if one.name in self.tools:
                raise DomainError(f"two tools are named {one.name}; names must be unique within a domain")
            self.tools[one.name] = one

    def schemas(self, owner: Requestor = "assistant") -> list[dict[str, Any]]:
        """Return the OpenAI definitions of the tools one side may call."""
        return [one.schema for one in self.tools.values() if one.owner == owner]

    def call(self, state: State, call: ToolCall) -> CallResult:
        """Run one call on a state. It either succeeds whole or changes nothing; bad calls come back as errors."""
        try:
            one = self._find(call)
            result = one.function(state, *_arguments(one, call.arguments))
        except ToolError as error:
            state.rollback()
            return CallResult(f"Error: {error}", error=True)
        except BaseException:
            state.rollback()
            raise
        return CallResult(state.world.text(result), changes=state.commit())

    def _find(self, call: ToolCall) -> Tool:
        if not call.name:
            raise ToolError("The call could not be read. Write one JSON object with a name and an arguments object.")
        one = self.tools.get(call.name)
        if one is None or one.owner != call.requestor:
            known = ", ".join(name for name, other in self.tools.items() if other.owner == call.requestor)
            raise ToolError(f"There is no tool named {_short(call.name)}. The tools are: {known}.")
        return one


def _arguments(one: Tool, arguments: Mapping[str, Any] | str) -> tuple[Any, ...]:
    """Return the checked arguments in the order of the function's parameters."""
    if isinstance(arguments, str):
        raise ToolError(f"The arguments of {one.name} must be one JSON object with: {one.signature()}.")
    try:
        return msgspec.structs.astuple(msgspec.convert(arguments, one.arguments))
    except (msgspec.ValidationError, RecursionError) as error:
        reason = str(error).replace("`$.", "`").replace("`$`", "the call")
        reason = reason if "- at `" in reason else reason.replace("Object ", "The call ")
        raise ToolError(f"{_short(reason)}. {one.name} takes: {one.signature()}.") from None


def _short(text: str, limit: int = 200) -> str:
    """Cut text that came from a model, so that an error never repeats a giant argument."""
    return text if len(text) <= limit else text[:limit] + "..."
