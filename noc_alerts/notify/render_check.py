"""What is wrong with a template, part by part and with the line, before it is used.

Any thread; a few milliseconds, up to the sandbox's time-out for a template that is too slow. Must not import the store.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import TemplateError, meta, nodes

from noc_alerts.model.deliveries import Cause
from noc_alerts.model.templates import PARTS, Template
from noc_alerts.notify.render_faults import TemplateFault, plainly, unknown_name
from noc_alerts.notify.render_sandbox import Clock, fill, parsed, walk
from noc_alerts.notify.samples import sample_calls, sample_facts
from noc_alerts.notify.variables import LISTS, TIMES, VARIABLES, variables_of

#: Names that Jinja2 gives a meaning of its own; a message has no use for them.
_RESERVED = frozenset({"self", "super", "caller", "varargs", "kwargs"})
#: Filters and tests that are there for what may be missing.
_MISSING = frozenset({"default", "d", "defined", "undefined"})
_LOOP = (
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem",
)  # fmt: skip
_LISTS: Mapping[str, frozenset[str]] = {name: frozenset(values) for name, values in LISTS.items()}


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Something wrong with a part of a template. `line`: 1-based, None when it is about the whole part."""

    part: str
    line: int | None
    sentence: str


def check_template(template: Template) -> list[TemplateProblem]:
    """Give all that is wrong with a template, in the order of its parts and lines; empty when it is good.

    Unknown names are found in branches too that no value reaches. What reads well is tried out on the samples of every
    event, so that what only shows with values (a text compared with a number, too long a loop) is found as well.
    """
    problems: list[TemplateProblem] = []
    for part in PARTS:
        source = getattr(template, part)
        try:
            found = _unknown_names(source, part == "html")
            problems += [TemplateProblem(part, line, sentence) for line, sentence in found]
            if not found:
                _try_out(source, part == "html")
        except TemplateFault as fault:
            problems.append(TemplateProblem(part, fault.line, fault.sentence))
    return problems


def needs_last_calls(template: Template) -> bool:
    """Tell whether any part asks for the last failed calls, which have to be fetched. A part that cannot be read does not."""
    return any(_asks_for(getattr(template, part), part == "html", "last_calls") for part in PARTS)


@functools.lru_cache(maxsize=128)
def _asks_for(source: str, html: bool, name: str) -> bool:
    if name not in source:  # most templates: no need to read it
        return False
    try:
        tree = parsed(source, html=html)
    except TemplateFault:
        return False
    return any(isinstance(node, nodes.Name) and node.name == name for node in walk(tree))


def _try_out(source: str, html: bool) -> None:
    """Fill a part in with every sample. Raises TemplateFault."""
    clock = Clock.start()
    for cause in Cause:
        fill(source, variables_of(sample_facts(cause), last_calls=sample_calls(), alarm_id=41), html=html, clock=clock)


def _unknown_names(source: str, html: bool) -> list[tuple[int, str]]:
    """Give the line and the sentence of every name that is not known, by line. Raises TemplateFault."""
    tree = parsed(source, html=html)
    try:
        unknown = meta.find_undeclared_variables(tree) - VARIABLES.keys()
    except TemplateError as exc:  # an unknown filter or test, which Jinja2 finds on the way
        raise TemplateFault(plainly(exc), getattr(exc, "lineno", None)) from exc
    except RecursionError as exc:
        raise TemplateFault("It is nested too deeply. Make it simpler.") from exc
    everything = list(walk(tree))
    # {{ nope|default('-') }} and {% if nope is defined %} are there to be used with what may be missing
    spared = {id(node.node) for node in everything if isinstance(node, nodes.Filter | nodes.Test) and node.name in _MISSING}
    found = {
        (node.lineno, unknown_name(node.name, VARIABLES))
        for node in everything
        if isinstance(node, nodes.Name) and node.ctx == "load" and id(node) not in spared
        and (node.name in unknown or node.name in _RESERVED)
    }  # fmt: skip
    found |= set(_unknown_attributes(everything))
    return sorted(found)


def _unknown_attributes(everything: Iterable[nodes.Node]) -> Iterator[tuple[int, str]]:
    """Find what is asked for with a dot and is not there, where that can be known: lines of lists, loops and variables."""
    everything = list(everything)
    assigned = {node.name for node in everything if isinstance(node, nodes.Name) and node.ctx == "store"}
    lines_of: dict[int, frozenset[str]] = {}
    for loop in everything:
        if isinstance(loop, nodes.For) and isinstance(loop.target, nodes.Name) and (kind := _list_of(loop.iter)):
            inside = (node for part in (*loop.body, loop.test) if part is not None for node in walk(part))
            lines_of |= {id(n): _LISTS[kind] for n in inside if isinstance(n, nodes.Name) and n.name == loop.target.name}
    for node in everything:
        if not isinstance(node, nodes.Getattr | nodes.Getitem) or (name := _asked(node)) is None:
            continue
        owner = node.node
        known = lines_of.get(id(owner), frozenset())
        if kind := _line_of_list(owner):
            known = _LISTS[kind]
        if known and name not in known:
            yield node.lineno, unknown_name(name, sorted(known))
        elif known or not isinstance(owner, nodes.Name) or owner.name in assigned:
            continue
        elif owner.name == "loop" and name not in _LOOP:
            yield node.lineno, unknown_name(f"loop.{name}", [f"loop.{item}" for item in _LOOP])
        elif owner.name in _LISTS:
            yield node.lineno, f"{owner.name} is a list: go through it with {{% for line in {owner.name} %}}."
        elif owner.name in VARIABLES and owner.name not in TIMES:
            yield node.lineno, f"There is nothing inside {owner.name}. Write {{{{ {owner.name} }}}}."


def _asked(node: nodes.Getattr | nodes.Getitem) -> str | None:
    """Give the name that is asked for; None when it is a number, a slice or computed."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None


def _list_of(node: nodes.Node | None) -> str:
    """Give the list that an expression is, also a piece of one; empty when it is none of ours."""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        node = node.node
    return node.name if isinstance(node, nodes.Name) and node.name in _LISTS else ""


def _line_of_list(node: nodes.Node) -> str:
    """Give the list that an expression is one line of: `rows[0]`, `rows|first`."""
    if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice) and _asked(node) is None:
        return _list_of(node.node)
    return _list_of(node.node) if isinstance(node, nodes.Filter) and node.name in ("first", "last") else ""
