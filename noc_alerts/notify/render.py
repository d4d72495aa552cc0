"""Facts become a message: Jinja2 in a sandbox that is bounded in operations, size and time.

Runs on the deliver thread (and wherever a template is previewed); the only place that imports jinja2. Must not import the
store. Jinja2's sandbox keeps a template away from the program's objects, but not from the memory and the clock: see
`_bounded`.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from importlib import resources

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import pass_context
from markupsafe import Markup, escape

from noc_alerts.model.alarms import Reason
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Cause, Facts
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.words import format_sample, format_span, format_time, format_value, one_line

MAX_SOURCE = 32_768  # characters of a template
MAX_TEXT = 100_000  # characters of a result, and of every value on the way to it
MAX_SUBJECT = 200
MAX_STEPS = 10_000  # passes of loops and pieces of output, all together
MAX_RANGE = 1_000
MAX_NUMBER = 10**18
TIMEOUT_S = 2.0
LATE_AFTER = timedelta(minutes=2)

_BUDGET = "the budget of this rendering"  # spaces: no template can name it
_LEVEL_WORDS = {NoticeLevel.CRITICAL: "Critical", NoticeLevel.WARNING: "Warning", NoticeLevel.NONE: "Notice"}
_CLOSINGS = {
    Reason.RULE_DISABLED: "The alarm was closed because its rule was disabled. Whether the value recovered is not known.",
    Reason.RULE_DELETED: "The alarm was closed because its rule was deleted. Whether the value recovered is not known.",
    Reason.RULE_CHANGED: "The alarm was closed because its rule was changed. The new rule judges afresh.",
}


@dataclass(frozen=True, slots=True)
class Templates:
    """The sources of one message: `subject` and `text` plain, `html` the inside of the page; all get the same variables."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent: `subject` on one line, `text` plain, `html` a whole page."""

    subject: str
    text: str
    html: str


def render(facts: Facts, made_at: datetime, now: datetime, templates: Templates | None = None) -> Message:
    """Write the message about `facts`, by the stock templates unless others are given.

    `made_at`: when the delivery was made; when that is long ago the message says so. The marks DEMO and TEST and the
    lateness are put on here, so that no template can leave them out. Raises BadInput with a sentence when a template is
    wrong, grows beyond MAX_TEXT or takes longer than TIMEOUT_S.
    """
    templates = templates or stock(facts.cause)
    variables = variables_of(facts)
    notes = _notes(facts, made_at, now)
    subject = one_line(_mark(facts) + _fill(templates.subject, variables, html=False).replace("\u2009", " "), MAX_SUBJECT)
    text = _fill(templates.text, variables, html=False).strip()
    inside = _fill(templates.html, variables, html=True).strip()
    page = _fill(_stock_file("frame.html"), {"notes": notes, "inside": Markup(inside), "subject": subject}, html=True) + "\n"
    return Message(subject=subject, text="\n".join([*notes, *([""] if notes else []), text]) + "\n", html=page)


def check_template(source: str, *, html: bool = False) -> None:
    """Raise BadInput with a sentence, and the line if it is known, when a template could not be used."""
    _compiled(source, html)


def stock(cause: Cause) -> Templates:
    """Give the templates that come with the program."""
    return Templates(*(_stock_file(f"{cause.value}.{part}") for part in ("subject.txt", "text.txt", "html")))


def variables_of(facts: Facts) -> dict[str, object]:
    """Give what a template may use: every field of the facts, made safe for one line, and the ready-made words.

    Ready-made: level_word, value_text, worst_text, sample, since_text, at_text, lasted, measured (it is about a value, not
    about a state such as "unreachable"), detail (a sentence on a state, or empty), closing (why an alarm ended that did not
    recover, or empty).
    """
    values: dict[str, object] = {f.name: getattr(facts, f.name) for f in fields(facts)}
    values = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    level = NoticeLevel(facts.level) if facts.level in _LEVELS else NoticeLevel.NONE
    unit = one_line(facts.unit)
    return values | {
        "cause": facts.cause.value,
        "level_word": _LEVEL_WORDS[level],
        "value_text": format_value(facts.value, unit, facts.area),
        "worst_text": format_value(facts.worst, unit, facts.area),
        "sample": format_sample(facts.calls, one_line(facts.rests_on), facts.sample_period_s),
        "since_text": format_time(facts.since),
        "at_text": format_time(facts.at),
        "lasted": format_span(facts.at - facts.since),
        "measured": bool(facts.limit and (facts.operator or facts.threshold is not None or facts.value is not None)),
        "detail": "" if facts.reason in _REASONS else one_line(facts.reason),
        "closing": _CLOSINGS[Reason(facts.reason)] if facts.reason in _CLOSINGS else "",
    }


def _mark(facts: Facts) -> str:
    """Give the words every text of a demo or a test begins with."""
    return ("DEMO " if facts.demo else "") + ("TEST " if facts.cause is Cause.TEST else "")


def _notes(facts: Facts, made_at: datetime, now: datetime) -> list[str]:
    """Give the sentences that stand above everything else."""
    notes = []
    if facts.demo:
        notes.append("DEMO: this message is about the built-in demo switch. No real calls are behind it.")
    if facts.cause is Cause.TEST:
        notes.append("TEST: somebody tried out this message. Nothing happened on the switch.")
    if now - made_at > LATE_AFTER:
        notes.append(f"This message is late: it was made at {format_time(made_at, seen_on=now)}.")
    return notes


@functools.cache
def _stock_file(name: str) -> str:
    """Read a template that comes with the program."""
    return (resources.files("resources") / "templates" / name).read_text(encoding="utf-8")


# --- the bounds -------------------------------------------------------------------------------------------------------


class _TooMuch(Exception):
    """Raised inside a rendering that asks for more than it may."""


class _Budget:
    """What one rendering may still use up. Not shared between renderings."""

    def __init__(self) -> None:
        self.steps = 0
        self.ends = time.monotonic() + TIMEOUT_S

    def step(self) -> None:
        """Count one pass of a loop or one piece of output. Raises _TooMuch."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _TooMuch(f"it goes round its loops more than {MAX_STEPS:,} times")
        if time.monotonic() > self.ends:
            raise _TooMuch(f"it takes longer than {TIMEOUT_S:g} s")


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
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _capped(left + right)  # both are within the cap already
        raise _TooMuch(f"{operator} is for numbers; texts are put together with ~")


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


def _round(value: float, precision: int = 0) -> float:
    """Round; Jinja2's own filter takes a precision of a billion digits and computes it."""
    return round(value, max(0, min(9, precision)))


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
    if not context.eval_ctx.autoescape:
        return _joined_text([str(item) for item in items])
    return Markup(_joined_text([str(escape(item)) for item in items]))


def _joined_text(texts: list[str]) -> str:
    """Join, after having computed how long it gets."""
    if sum(map(len, texts)) > MAX_TEXT:
        raise _TooMuch(f"a text in it is longer than {MAX_TEXT:,} characters")
    return "".join(texts)


def _finalize(value: object) -> object:
    """Let only plain values into a message: a list's text could be of any length, a method's is of no use."""
    if value is None or isinstance(value, str | int | float | datetime | StrictUndefined):
        return value
    raise _TooMuch(f"a {type(value).__name__} in it is no text")


@pass_context
def _step(context: Context, value: object) -> object:
    """Count one pass of a loop."""
    context.parent[_BUDGET].step()
    return value


_OWN_FILTERS: Mapping[str, Callable[..., object]] = {
    "round": _round,
    "replace": _replace,
    "concat": _concat,
    "count a step": _step,
    "span": lambda seconds: format_span(timedelta(seconds=min(float(seconds), 1e9))),
    "time": format_time,
    "value": format_value,
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
    env = _Environment(autoescape=html, undefined=StrictUndefined, finalize=_finalize, trim_blocks=True, lstrip_blocks=True)
    env.filters = {**_JINJA_FILTERS, **_OWN_FILTERS}
    env.tests = {name: TESTS[name] for name in _TESTS}
    env.globals = {"range": _range}
    return env


_ENVIRONMENTS = {False: _environment(html=False), True: _environment(html=True)}


def _bounded(tree: nodes.Template) -> nodes.Template:
    """Refuse what a message has no use for, and make every loop count its passes, also those that put nothing out.

    No macros, includes and method calls: what is left cannot recurse, so only loops repeat. ~ becomes a filter with a cap.
    No variable can hold a list: lists of lists of lists take for ever to compare or to write. Raises BadInput.
    """
    everything = list(_walk(tree))
    in_place = {id(node.iter) for node in everything if isinstance(node, nodes.For)}
    in_place |= {id(node.expr) for node in everything if isinstance(node, nodes.Operand) and node.op in ("in", "notin")}
    for node in everything:
        if isinstance(node, nodes.List | nodes.Tuple) and id(node) not in in_place:
            raise BadInput(f"The template has a list at line {node.lineno}. A list can stand after `in` only.")
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
            raise BadInput(f"The template uses something at line {node.lineno} that a message has no use for"
                           f" ({type(node).__name__.lower()}). Remove it.")  # fmt: skip
        if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
            raise BadInput(f"The template calls a function at line {node.lineno}. Only range() can be called; use a filter.")
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


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
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
    """Read a template. Raises BadInput."""
    if len(source) > MAX_SOURCE:
        raise BadInput(f"The template has {len(source):,} characters. At most {MAX_SOURCE:,} fit.")
    env = _ENVIRONMENTS[html]
    try:
        tree = _bounded(env.parse(source))
        tree.set_environment(env)
        return env.from_string(tree)
    except TemplateSyntaxError as exc:
        raise BadInput(f"The template cannot be read at line {exc.lineno}: {exc.message}") from exc
    except (SyntaxError, RecursionError, MemoryError) as exc:
        raise BadInput("The template is nested too deeply. Make it simpler.") from exc
    except ValueError as exc:
        raise BadInput("The template has a number in it that is too long.") from exc


def _fill(source: str, variables: Mapping[str, object], *, html: bool) -> str:
    """Fill a template in, within the bounds. Raises BadInput."""
    template = _compiled(source, html)
    budget = _Budget()
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate({**variables, _BUDGET: budget}):
            budget.step()
            size += len(piece)
            if size > MAX_TEXT:
                raise _TooMuch(f"it grows beyond {MAX_TEXT:,} characters")
            pieces.append(piece)
    except _TooMuch as exc:
        raise BadInput(f"The template asks for too much: {exc}.") from exc
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        raise BadInput(f"The template could not be filled in: {exc}. Correct it, or use the stock template.") from exc
    return "".join(pieces)


_LEVELS = frozenset(level.value for level in NoticeLevel)
_REASONS = frozenset(reason.value for reason in Reason)
