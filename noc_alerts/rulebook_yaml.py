"""A rules file as YAML, read with suspicion and written for people. Pure, any thread; the file's meaning is rulebook.py's matter.

PyYAML's own events are looked at before anything is made of them: no aliases (a few lines of them can stand for gigabytes), no
tags, not deep, not huge. YAML 1.1 as PyYAML resolves it, but of numbers only plain decimal ones: `0123`, `8:30` and
`+442079460812` stay texts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from noc_alerts.model.errors import BadInput
from noc_alerts.model.plain import shown_text

MAX_BYTES = 5_000_000
MAX_DEPTH = 12
MAX_NODES = 200_000

Path = tuple[str | int, ...]

#: The C library's parser where PyYAML was built with it: ten times faster, the same events.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?([0-9]{1,400}\.[0-9]{0,400}|\.[0-9]{1,400})([eE][-+][0-9]{1,3})?")
_TRUE = ("true", "yes", "on")
#: Written after a block that ends in empty lines: these belong to it, so that no other may follow.
_END = "\n...\n"
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds: mappings, lists, texts, numbers, true, false, None. `lines`: path -> 1-based line."""

    value: object
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """Give the line of a path, or of what it would stand in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str | bytes) -> Document:
    """Read a file. Raises BadInput with its line and column when it is not YAML, or not of the kind we take."""
    text = _decoded(text)
    try:
        _look_over(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        said = " ".join(str(error.problem or error.context or "it cannot be read").split())
        raise BadInput(f"{where}this is not YAML ({said}).") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadInput(f"Line {line}: there is a character that no YAML file may hold.") from error
    if node is None:
        raise BadInput("The file is empty.")
    lines: dict[Path, int] = {}
    return Document(_value(node, (), lines), lines)


def write_yaml(sections: Mapping[str, object]) -> str:
    """Write sections in their order; a list's items with an empty line between them."""
    written: list[str] = []
    for name, value in sections.items():
        if isinstance(value, list) and value:
            heads = [f"{name}:\n", *[""] * (len(value) - 1)]
            parts = [head + _dumped([item]) for head, item in zip(heads, value, strict=True)]
        else:
            parts = [_dumped({name: value})]
        for part in parts:
            if written and not written[-1].endswith(_END):
                written.append("\n")
            written.append(part)
    return "".join(f"{part.removesuffix(_END)}\n" if part.endswith(_END) else part for part in written)


def _decoded(text: str | bytes) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise BadInput(f"The file has {size / 1e6:.1f} MB. At most {MAX_BYTES // 1_000_000} MB are taken.")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise BadInput(f"Line {line}: this is not text in UTF-8. Save the file as UTF-8.") from error


def _look_over(text: str) -> None:
    """Refuse what must not become objects; this makes none."""
    depth = count = 0
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise BadInput(f"Line {line}: aliases (*{event.anchor}) are not taken here. Write it out.")
        if isinstance(event, yaml.NodeEvent):
            count += 1
            tag = getattr(event, "tag", None)
            if tag is not None:
                raise BadInput(f"Line {line}: tags ({shown_text(tag)}) are not taken here. Take it out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise BadInput(f"Line {line}: this is nested deeper than any rules file is.")
        if count > MAX_NODES:
            raise BadInput(f"Line {line}: the file holds more than {MAX_NODES:,} values, more than any rules file does.")


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> object:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    return _scalar(str(getattr(node, "tag", "")).removeprefix(_TAG), node.value)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, object]:
    found: dict[str, object] = {}
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BadInput(f"Line {line}: the name of a field must be a word.")
        if key.value in seen:
            raise BadInput(f"Line {line}: {shown_text(key.value)} is there already, in line {seen[key.value]}.")
        seen[key.value] = line
        found[key.value] = _value(value, (*path, key.value), lines)
        lines[(*path, key.value)] = line  # a text in a block begins a line later than its name
    return found


def _scalar(tag: str, text: str) -> object:
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in _TRUE
    if tag == "int" and _INT.fullmatch(text):
        return int(text)
    if tag == "float" and _FLOAT.fullmatch(text):
        return float(text)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and everything each time it comes."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write an alias: we would not read it."""
        return True

    def analyze_scalar(self, scalar: str) -> Any:
        """Take blocks for scripts too: PyYAML writes them in quotes, on one line, for a tab or a blank at a line's end."""
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = _fits_block(scalar)
        return analysis

    def determine_block_hints(self, text: str) -> str:
        """Say how far a block is indented that begins with a tab: a reader would take it for a part of the indent."""
        hints = str(super().determine_block_hints(text))
        return f"{self.best_indent}{hints}" if text.startswith("\t") else hints


def _fits_block(text: str) -> bool:
    """Tell whether a text has several lines and no character that a block would not keep."""
    return "\n" in text and all(c.isprintable() or c in "\n\t" for c in text)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    quoted = not text.isprintable()  # other line ends would become plain ones
    return dumper.represent_scalar(f"{_TAG}str", text, style="|" if _fits_block(text) else '"' if quoted else None)


_Dumper.add_representer(str, _text)


def _dumped(value: object) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False))
