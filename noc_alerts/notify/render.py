"""Facts become a message: by a user's template or a stock one, with the marks that no template can leave out.

Runs on the deliver thread (and wherever a template is previewed). Must not import the store. The sandbox that templates run
in is render_sandbox.py, what they may use is variables.py.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources

from markupsafe import Markup, escape

from noc_alerts.model.alerts import STOCK_TEMPLATE, Operator
from noc_alerts.model.deliveries import Cause, Channel, Facts, FailedCall
from noc_alerts.model.errors import BadInput
from noc_alerts.model.templates import Template
from noc_alerts.notify.render_check import TemplateProblem, check_template, needs_last_calls
from noc_alerts.notify.render_faults import TemplateFault
from noc_alerts.notify.render_sandbox import MAX_TEXT, Clock, fill
from noc_alerts.notify.sms_text import MAX_SEGMENTS, fitted, plainer, sms_units
from noc_alerts.notify.variables import variables_of
from noc_alerts.notify.words import cut, format_time, one_line

__all__ = [
    "STOCK_NAMES",
    "Message",
    "TemplateProblem",
    "channel_texts",
    "check_template",
    "needs_last_calls",
    "part_length",
    "render",
    "stock_for",
    "stock_template",
    "template_name",
]

MAX_SUBJECT = 200
MAX_PUSH_TITLE = 250  # characters (reference/pushover.md)
MAX_PUSH_MESSAGE = 1024
LATE_AFTER = timedelta(minutes=2)
REPORT_TEMPLATE = "report"
#: The templates that come with the program and are always there.
STOCK_NAMES = (STOCK_TEMPLATE, REPORT_TEMPLATE)

_FEW_ROWS = 20
_LIMITS = {
    "subject": MAX_SUBJECT,
    "text": MAX_TEXT,
    "html": MAX_TEXT,
    "push_title": MAX_PUSH_TITLE,
    "push_message": MAX_PUSH_MESSAGE,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent: `subject` on one line, `text` plain, `html` a whole page, the others cut to what fits.

    `lengths`: how long parts were that had to be cut, for the preview.
    """

    subject: str
    text: str
    html: str
    sms: str = ""
    push_title: str = ""
    push_message: str = ""
    lengths: tuple[tuple[str, int], ...] = ()


def render(
    facts: Facts,
    made_at: datetime,
    now: datetime,
    template: Template | None = None,
    *,
    alarm_id: int | None = None,
    last_calls: Sequence[FailedCall] | None = None,
    link_base: str = "",
) -> Message:
    """Write the message about `facts`, by the stock template unless another is given.

    `made_at`: when the delivery was made; when that is long ago the message says so. The marks DEMO and TEST and the
    lateness are put on here, in every part, so that no template can leave them out. `last_calls`: the newest first, needed
    only if needs_last_calls says so. Raises BadInput with a sentence that names part and line, `problems` by part, when the
    template is wrong, grows beyond MAX_TEXT or takes too long.
    """
    if template is not None:
        return _written(facts, made_at, now, template, variables_of(facts, last_calls, alarm_id, link_base))
    try:
        return _written(facts, made_at, now, stock_for(facts), variables_of(facts, last_calls, alarm_id, link_base))
    except BadInput:
        if len(facts.rows) <= _FEW_ROWS:
            raise
        # a script may fill a table with so much that even the stock text grows too long; the message still has to go out
        few = replace(facts, rows=facts.rows[:_FEW_ROWS], rows_cut=facts.rows_cut + len(facts.rows) - _FEW_ROWS)
        return _written(facts, made_at, now, stock_for(facts), variables_of(few, last_calls, alarm_id, link_base))


def _written(
    facts: Facts, made_at: datetime, now: datetime, template: Template, variables: Mapping[str, object]
) -> Message:
    """Fill every part in, put the marks on and cut what does not fit. Raises BadInput."""
    clock = Clock.start()

    def filled(part: str) -> str:
        return _filled(template.name, part, getattr(template, part), variables, clock).strip()

    notes, mark = _notes(facts, made_at, now), _mark(facts)
    head = "".join(f"{note}\n" for note in notes) + ("\n" if notes else "")
    subject = _title(mark + filled("subject"))
    inside_text, own_html, own_title, own_push = filled("text"), filled("html"), filled("push_title"), filled("push_message")
    inside = Markup(own_html) if own_html else _paragraphs(inside_text)
    in_frame = {"notes": notes, "inside": inside, "subject": one_line(subject, MAX_SUBJECT)}
    page = _filled(template.name, "html", _stock_file("frame.html"), in_frame, clock) + "\n"
    sms = _sms(filled("sms"), inside_text, mark, _lateness(facts, made_at, now))
    push_title = _title(mark + own_title) if own_title else subject
    push = head + (own_push or inside_text)
    return Message(
        subject=one_line(subject, MAX_SUBJECT),
        text=f"{head}{inside_text}\n",
        html=page,
        sms=fitted(sms, MAX_SEGMENTS),
        push_title=one_line(push_title, MAX_PUSH_TITLE),
        push_message=cut(push, MAX_PUSH_MESSAGE),
        lengths=(
            ("subject", len(subject)),
            ("sms", sms_units(sms)[0]),
            ("push_title", len(push_title)),
            ("push_message", len(push)),
        ),
    )


def template_name(facts: Facts) -> str:
    """Give the name of the template that a message is written by; of the two stock ones the one that fits the event."""
    if facts.template not in STOCK_NAMES:
        return facts.template
    tried_report = facts.cause is Cause.TEST and facts.operator == Operator.ALWAYS.value
    return REPORT_TEMPLATE if facts.cause is Cause.REPORT or tried_report else STOCK_TEMPLATE


def stock_template(name: str) -> Template:
    """Give a template that comes with the program. Raises KeyError for a name that is not in STOCK_NAMES."""
    if name not in STOCK_NAMES:
        raise KeyError(name)
    return Template(None, name, *(_stock_file(f"{name}.{part}").rstrip("\n") for part in ("subject.txt", "text.txt", "html")))


def stock_for(facts: Facts) -> Template:
    """Give the stock template that fits, whatever template the facts name."""
    name = template_name(facts)
    if name not in STOCK_NAMES:
        reports = facts.cause is Cause.REPORT or facts.operator == Operator.ALWAYS.value
        name = REPORT_TEMPLATE if reports else STOCK_TEMPLATE
    return stock_template(name)


def part_length(message: Message, part: str) -> tuple[int, int]:
    """Give how long a part is before it is cut, and how long it may be. Of `sms` in septets or UTF-16 units, else characters.

    A text message of more than 160 septets (70 units) goes out in segments; sms_text.sms_segments counts them.
    """
    lengths = dict(message.lengths)
    if part == "sms":
        used, allowed = sms_units(message.sms)
        return lengths.get(part, used), allowed
    return lengths.get(part, len(getattr(message, part))), _LIMITS[part]


def channel_texts(message: Message, channel: Channel) -> tuple[str, str]:
    """Give the subject and the body that a channel shows, which are kept with the delivery."""
    if channel is Channel.SMS:
        return message.subject, message.sms
    if channel is Channel.TRAY:
        return message.push_title, message.push_message
    return message.subject, message.text


def _filled(name: str, part: str, source: str, variables: Mapping[str, object], clock: Clock) -> str:
    """Fill one part in. Raises BadInput."""
    try:
        return fill(source, variables, html=part == "html", clock=clock)
    except TemplateFault as fault:
        place = part if fault.line is None else f"{part}, line {fault.line}"
        where = {part: fault.sentence if fault.line is None else f"Line {fault.line}: {fault.sentence}"}
        raise BadInput(f"The template {name} cannot be used ({place}): {fault.sentence}", where) from fault


def _title(text: str) -> str:
    """Make a title: one line, with spaces that every mail reader shows."""
    return one_line(text.replace("\u2009", " "), MAX_TEXT)


def _sms(own: str, text: str, mark: str, lateness: str) -> str:
    """Give the text message: the template's own, or as much of the text as one segment holds."""
    begin = plainer(mark + lateness)
    if own:
        return begin + plainer(own)
    lines = [line for line in plainer(text).splitlines() if line.strip()]
    kept = fitted(begin + (lines[0] if lines else ""), 1)
    for line in lines[1:]:
        longer = f"{kept}\n{line}"
        if fitted(longer, 1) != longer:
            break
        kept = longer
    return kept


def _paragraphs(text: str) -> Markup:
    """Make HTML of a plain text: an empty line begins a paragraph, a line end is one."""
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    lines = (Markup("<br>\n").join(escape(line) for line in block.splitlines()) for block in blocks)
    return Markup("\n").join(Markup('<p style="margin:0 0 12px">{}</p>').format(block) for block in lines)


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
        notes.append(f"This message is late: it was made at {format_time(made_at, seen_on=now, zone=facts.zone)}.")
    return notes


def _lateness(facts: Facts, made_at: datetime, now: datetime) -> str:
    """Give the same of the lateness in a few words, for a text message."""
    return f"Late, made {format_time(made_at, seen_on=now, zone=facts.zone)}. " if now - made_at > LATE_AFTER else ""


@functools.cache
def _stock_file(name: str) -> str:
    """Read a template that comes with the program."""
    return (resources.files("resources") / "templates" / name).read_text(encoding="utf-8")
