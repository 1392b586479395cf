"""Every relative link and anchor of the documentation resolves, and every `cove` command it shows exists."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cove_rl.cli.main import CoveGroup, app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"^(?P<fence>```+|~~~+)(?P<language>[\w-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)\s*$", re.M | re.S)
LINK = re.compile(r"\[(?:[^][]|\[[^][]*\])*\]\(\s*<?(?P<target>[^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#{1,6} +(?P<title>.*?)[ #]*$", re.M)
ANCHOR = re.compile(r"<a (?:id|name)=\"(?P<name>[^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
SEPARATOR = re.compile(r"[|&;()]+")
REDIRECTION = re.compile(r"[&0-9]*[<>]+&?")


def prose(text: str) -> str:
    """Return a page without its code."""
    return re.sub(r"`[^`\n]*`", "``", FENCE.sub("", text))


def slug(title: str) -> str:
    """Return the anchor of a heading, as code hosts derive it: lower case, no punctuation, hyphens for spaces."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return every anchor of a page; the second heading of one name has -1 at its end, the third -2."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = {match["name"] for match in ANCHOR.finditer(text)}
    for match in HEADING.finditer(text):
        name, copy = slug(match["title"]), 0
        while (unique := f"{name}-{copy}" if copy else name) in found:
            copy += 1
        found.add(unique)
    return frozenset(found)


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Yield the relative links of a page that lead nowhere."""
    for match in LINK.finditer(prose(text)):
        target = match["target"]
        if ELSEWHERE.match(target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every `cove` command in the page's shell blocks, without `cove` itself."""
    for block in FENCE.finditer(text):
        if block["language"] not in ("bash", "console", "sh", "shell"):
            continue
        lines = block["code"].replace("\\\n", " ").splitlines()
        if block["language"] == "console":
            lines = [line.lstrip()[2:] for line in lines if line.lstrip().startswith("$ ")]
        for line in lines:
            yield from calls(line)


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words after every `cove` that one line of shell runs."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    for token in [*lexer, ";"]:
        if not SEPARATOR.fullmatch(token):
            words.append(token)
            continue
        redirected = next((place for place, word in enumerate(words) if REDIRECTION.fullmatch(word)), len(words))
        words = words[:redirected]
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        if words and Path(words[0]).name == "cove":
            yield words[1:]
        words = []


@cache
def command(path: tuple[str, ...]) -> Any:
    """Return the command of that name in the group of the names before it; None if there is none."""
    if not path:
        return get_command(app)
    group = command(path[:-1])
    if path[-1] not in getattr(group, "commands", {}):
        return None
    return group.load(path[-1]) if isinstance(group, CoveGroup) else group.commands[path[-1]]


def fault(words: list[str]) -> str:
    """Return what is wrong with a `cove` command, by the definitions it would be parsed with; empty if nothing is."""
    path: tuple[str, ...] = ()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        here = command(path)
        options = {name: param for param in here.params for name in (*param.opts, *param.secondary_opts)}
        if word.startswith("-") and len(word) > 1:
            name, given, _ = word.partition("=")
            if name == "--help":
                continue
            if name not in options:
                return f"cove {' '.join(path)} has no option {name}"
            if not given and not options[name].is_flag:
                rest = rest[options[name].nargs :]
        elif command((*path, word)) is not None:
            path = (*path, word)
        elif not any(param.param_type_name == "argument" for param in here.params):
            return f"cove {' '.join(path)} takes no '{word}'"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    assert list(broken_links(page, page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    shown = list(commands(page.read_text(encoding="utf-8")))
    assert [found for words in shown if (found := fault(words))] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# It's `here`, twice\n# It's here, twice\n```\n# not here\n```\n")
    links = ["other.md", "other.md#its-here-twice", "other.md#its-here-twice-1", "https://example.org/x", "#a-title"]
    wrong = ["no.md", "other.md#not-here", "other.md#its-here-twice-2", "#b"]
    text = "# A title\n" + "\n".join(f"See [this [one]]({link})." for link in [*links, *wrong]) + "\n`[x](code.md)`\n"
    page = tmp_path / "page.md"
    page.write_text(text)
    assert list(broken_links(page, text)) == wrong


def test_a_wrong_command_is_found() -> None:
    text = (
        "```bash\ncove world build --seed=1 --size a=5 \\\n  --force > file | head && .venv/bin/cove world show a # b\n"
        "X=1 cove world bulid --seed 1\npip install cove\ncove --quiet world show a\n```\n"
        "```console\n$ cove world build --sed 1\ncove is output here\n```\n```python\ncove = 1\n```\n"
    )
    assert [fault(words) for words in commands(text)] == [
        "",
        "",
        "cove world takes no 'bulid'",
        "cove  has no option --quiet",
        "cove world build has no option --sed",
    ]
