"""The sandbox that templates run in: Jinja2's, bounded in operations, size and time.

Any thread; nothing is shared between two renderings but compiled templates. Must not import the store. Jinja2's sandbox keeps
a template away from the program's objects, but not from the memory and the clock: see `_bounded`.
"""

import functools
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import missing, pass_context
from markupsafe import Markup, escape

from noc_alerts.model.templates import MAX_PART
from noc_alerts.notify.render_faults import TemplateFault, plainly, unknown_name, unreadable, unworkable
from noc_alerts.notify.variables import VARIABLES, Entries, Entry, Moment, NoNumber, NotText
from noc_alerts.notify.words import NO_VALUE, format_span, format_time, format_value

MAX_SOURCE = MAX_PART  # characters of a template
MAX_TEXT = 100_000  # characters of a result, and of every value on the way to it
MAX_STEPS = 10_000  # passes of loops and pieces of output, all together
MAX_RANGE = 1_000
MAX_NUMBER = 10**18
TIMEOUT_S = 2.0

_BUDGET = "the budget of this rendering"  # spaces: no template can name it


class _TooMuch(Exception):
    """Raised inside a rendering that asks for more than it may."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When the parts of one message must be done, all together."""

    ends: float

    @classmethod
    def start(cls) -> "Clock":
        """Give TIMEOUT_S from now."""
        return cls(time.monotonic() + TIMEOUT_S)


class _Budget:
    """What one rendering may still use up. Not shared between renderings."""

    def __init__(self, clock: Clock) -> None:
        self.steps = 0
        self.ends = clock.ends

    def step(self) -> None:
        """Count one pass of a loop or one piece of output. Raises _TooMuch."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _TooMuch(f"it goes round its loops more than {MAX_STEPS:,} times")
        if time.monotonic() > self.ends:
            raise _TooMuch(f"it takes longer than {TIMEOUT_S:g} s")


class _Unknown(StrictUndefined):
    """What stands for a name that is not known: any use of it is an error that offers the likely name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_exception is SecurityError:
            return "This reaches for something inside the program. There is nothing of use there."
        if self._undefined_hint:
            return self._undefined_hint
        if self._undefined_obj is missing:
            return unknown_name(str(self._undefined_name), VARIABLES)
        if isinstance(self._undefined_obj, Entry):
            return unknown_name(str(self._undefined_name), self._undefined_obj)
        if isinstance(self._undefined_obj, Entries):
            return f"The list has no line {self._undefined_name} here. Ask first with {{% if ... %}} whether it has lines."
        return f"There is no {self._undefined_name} in this."


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with operators that cannot make something huge out of something small."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Compute on numbers, and add texts; refuse the rest ('a' * 300000000, 9 ** 9 ** 9, '%999999999d' % 1)."""
        if isinstance(left, int | float) and isinstance(right, int | float):
            if operator == "**" and (abs(left) > MAX_NUMBER or abs(right) > 18):
                raise _TooMuch("a power in it is too large")
            result = super().call_binop(context, operator, left, right)
            if isinstance(result, int) and abs(result) > MAX_NUMBER:
                raise _TooMuch("a number in it is too large")
            return result
        if isinstance(left, int | float | NoNumber) and isinstance(right, int | float | NoNumber):
            return NoNumber(NO_VALUE)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _capped(left + right)  # both are within the cap already
        raise NotText(f"{operator} is for numbers. Put texts together with ~.")


def _capped(text: str) -> str:
    """Give the text back. Raises _TooMuch when it is too long."""
    if len(text) > MAX_TEXT:
        raise _TooMuch(f"a text in it is longer than {MAX_TEXT:,} characters")
    return text


def _range(*args: int) -> range:
    """Count, but not for ever."""
    numbers = range(*args)
    if len(numbers) > MAX_RANGE:
        raise _TooMuch(f"a range in it is longer than {MAX_RANGE:,}")
    return numbers


def _round(value: float | NoNumber, precision: int = 0) -> float | NoNumber:
    """Round; Jinja2's own filter takes a precision of a billion digits and computes it."""
    return value if isinstance(value, NoNumber) else round(value, max(0, min(9, precision)))


def _replace(value: str, old: str, new: str) -> str:
    """Replace, after having computed how long it gets."""
    value, old, new = (item if isinstance(item, Markup) else str(item) for item in (value, old, new))
    if isinstance(value, Markup):
        old, new = escape(old), escape(new)
    if value.count(old) * max(0, len(new) - len(old)) + len(value) > MAX_TEXT:
        raise _TooMuch(f"a text in it is longer than {MAX_TEXT:,} characters")
    return value.replace(old, new)


@pass_context
def _concat(context: Context, items: list[object]) -> str:
    """Do what ~ does, within the cap."""
    plain = [_finalize(item) for item in items]
    if not context.eval_ctx.autoescape:
        return _joined_text([str(item) for item in plain])
    return Markup(_joined_text([str(escape(item)) for item in plain]))


def _joined_text(texts: list[str]) -> str:
    """Join, after having computed how long it gets."""
    if sum(map(len, texts)) > MAX_TEXT:
        raise _TooMuch(f"a text in it is longer than {MAX_TEXT:,} characters")
    return "".join(texts)


def _finalize(value: object) -> object:
    """Let only plain values into a message: a list's text could be of any length, a method's is of no use."""
    if value is None:
        return ""
    if isinstance(value, str | int | float | datetime | NoNumber | StrictUndefined):
        return value
    if isinstance(value, Entries | Entry):
        str(value)  # says what to do instead
    raise NotText("This is no text that a message could hold.")


@pass_context
def _step(context: Context, value: object) -> object:
    """Count one pass of a loop."""
    context.parent[_BUDGET].step()
    return value


def _time(at: datetime) -> str:
    if not isinstance(at, datetime):
        raise NotText("The filter time is for times, such as {{ since|time }}.")
    return str(at) if isinstance(at, Moment) else format_time(at)


def _value(value: float | NoNumber | None, unit: str = "", area: str = "") -> str:
    return format_value(None if isinstance(value, NoNumber) else value, unit, area)


def _span(seconds: float | str | NoNumber) -> str:
    return str(seconds) if isinstance(seconds, NoNumber) else format_span(timedelta(seconds=min(float(seconds), 1e9)))


_OWN_FILTERS: Mapping[str, Callable[..., object]] = {
    "round": _round,
    "replace": _replace,
    "concat": _concat,
    "count a step": _step,
    "span": _span,
    "time": _time,
    "value": _value,
}
_JINJA_FILTERS: Mapping[str, Callable[..., object]] = {
    name: FILTERS[name]
    for name in ("abs", "capitalize", "d", "default", "e", "escape", "first", "float", "int", "last", "length", "lower",
                 "title", "trim", "truncate", "upper")
}  # fmt: skip
_TESTS = ("defined", "undefined", "none", "number", "string", "in", "eq", "ne", "lt", "le", "gt", "ge")

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Assign,
    nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.BinExpr,
    nodes.UnaryExpr, nodes.Concat, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple, nodes.Call,
    nodes.Keyword,
)  # fmt: skip


def _environment(*, html: bool) -> _Environment:
    """Make a sandbox with only the filters, tests and functions that are bounded."""
    env = _Environment(autoescape=html, undefined=_Unknown, finalize=_finalize, trim_blocks=True, lstrip_blocks=True)
    env.filters = {**_JINJA_FILTERS, **_OWN_FILTERS}
    env.tests = {name: TESTS[name] for name in _TESTS} | {"none": lambda value: value is None or isinstance(value, NoNumber)}
    env.globals = {"range": _range}
    return env


_ENVIRONMENTS = {False: _environment(html=False), True: _environment(html=True)}


def parsed(source: str, *, html: bool) -> nodes.Template:
    """Read a template and hold it against the bounds. Raises TemplateFault."""
    if len(source) > MAX_SOURCE:
        raise TemplateFault(f"This has {len(source):,} characters. At most {MAX_SOURCE:,} fit.")
    try:
        return _bounded(_ENVIRONMENTS[html].parse(source))
    except TemplateSyntaxError as exc:
        raise unreadable(source, exc) from exc
    except (SyntaxError, RecursionError, MemoryError) as exc:
        raise TemplateFault("It is nested too deeply. Make it simpler.") from exc
    except ValueError as exc:
        raise TemplateFault("A number in it is too long.") from exc


def _bounded(tree: nodes.Template) -> nodes.Template:
    """Refuse what a message has no use for, and make every loop count its passes, also those that put nothing out.

    No macros, includes and method calls: what is left cannot recurse, so only loops repeat. ~ becomes a filter with a cap.
    No list can be made but after `in`: lists of lists of lists take for ever to compare or to write. The lists that are
    given (`Entries`) are short and have no text. Raises TemplateFault.
    """
    everything = list(walk(tree))
    in_place = {id(node.iter) for node in everything if isinstance(node, nodes.For)}
    in_place |= {id(node.expr) for node in everything if isinstance(node, nodes.Operand) and node.op in ("in", "notin")}
    for node in sorted(everything, key=lambda node: node.lineno or 0):
        if isinstance(node, nodes.List | nodes.Tuple) and id(node) not in in_place:
            raise TemplateFault("A list can stand after `in` only.", node.lineno)
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
            what = type(node).__name__.lower()
            raise TemplateFault(f"A message has no use for what stands here ({what}). Remove it.", node.lineno)
        if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
            raise TemplateFault("Only range() can be called. Use a filter, such as {{ name|upper }}.", node.lineno)
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise TemplateFault(f"{node.attr} is inside the program. There is nothing of use there.", node.lineno)
    for node in everything:
        for name, value in list(node.iter_fields()):
            if isinstance(value, nodes.Concat):
                setattr(node, name, _joined(value))
            elif isinstance(value, list):
                value[:] = [_joined(item) if isinstance(item, nodes.Concat) else item for item in value]
        if isinstance(node, nodes.For):
            node.body.insert(0, nodes.ExprStmt(_counted(node), lineno=node.lineno))
            if node.test is not None:
                node.test = nodes.And(_counted(node), node.test, lineno=node.lineno)
    return tree


def walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Give every node, without recursion: a chain of 10,000 operators is a tree of that depth."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _counted(loop: nodes.For) -> nodes.Filter:
    """Make the expression that counts a pass; it is true, so that it can stand before a loop's own test."""
    return nodes.Filter(nodes.Const(1), "count a step", [], [], None, None, lineno=loop.lineno)


def _joined(node: nodes.Concat) -> nodes.Filter:
    """Make the expression that stands for ~."""
    return nodes.Filter(nodes.List(node.nodes), "concat", [], [], None, None, lineno=node.lineno)


@functools.lru_cache(maxsize=64)
def _compiled(source: str, html: bool) -> Template:
    """Make a template ready to be filled in. Raises TemplateFault."""
    env = _ENVIRONMENTS[html]
    tree = parsed(source, html=html)
    tree.set_environment(env)
    try:
        return env.from_string(tree)
    except TemplateSyntaxError as exc:
        raise unreadable(source, exc) from exc
    except (SyntaxError, RecursionError, MemoryError) as exc:
        raise TemplateFault("It is nested too deeply. Make it simpler.") from exc
    except ValueError as exc:
        raise TemplateFault("A number in it is too long.") from exc


def fill(source: str, variables: Mapping[str, object], *, html: bool, clock: Clock | None = None) -> str:
    """Fill a template in, within the bounds. Raises TemplateFault."""
    template = _compiled(source, html)
    budget = _Budget(clock or Clock.start())
    stream = template.generate({**variables, _BUDGET: budget})
    pieces: list[str] = []
    size = 0
    try:
        for piece in stream:
            budget.step()
            size += len(piece)
            if size > MAX_TEXT:
                raise _TooMuch(f"it grows beyond {MAX_TEXT:,} characters")
            pieces.append(piece)
    except _TooMuch as exc:
        raise TemplateFault(f"It asks for too much: {exc}.", _line_of(exc) or _line_at(template, stream)) from exc
    except NotText as exc:
        raise TemplateFault(str(exc), _line_of(exc)) from exc
    except TemplateError as exc:
        said = exc.message or "" if isinstance(exc, UndefinedError | SecurityError) else plainly(exc)
        raise TemplateFault(said, _line_of(exc)) from exc
    except (ArithmeticError, AssertionError, TypeError, ValueError, LookupError, AttributeError, RuntimeError) as exc:
        raise TemplateFault(unworkable(exc), _line_of(exc)) from exc
    return "".join(pieces)


def _line_of(exc: BaseException) -> int | None:
    """Give the template's line that was being filled in; Jinja2 writes it into the traceback."""
    frames = traceback.walk_tb(exc.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == "<template>"]
    return lines[-1] if lines else None


def _line_at(template: Template, stream: Iterator[str]) -> int | None:
    """Give the template's line that a stopped rendering stands at."""
    frame = getattr(getattr(stream, "gi_yieldfrom", None), "gi_frame", None)
    return None if frame is None else template.get_corresponding_lineno(frame.f_lineno)
