"""What is wrong with a template, in words for the person who wrote it.

Pure: any thread. ConnexCS's own templates may hold more of Handlebars than names: that is told apart.
"""

import re
from collections.abc import Iterable

from jinja2 import TemplateError, TemplateSyntaxError

from noc_alerts.notify.words import likely


class TemplateFault(Exception):
    """Raised when a template cannot be used: the sentence says why; `line` is 1-based, None when it is not known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


_HANDLEBARS = re.compile(r"\{\{\{|\{\{~?\s*(?:[#/^>!&]|@)\s*(?P<word>\w*)\s*(?P<rest>[^{}]{0,60}?)\s*~?\}\}")
_INSTEAD = {
    "if": "Write {{% if {rest} %}} ... {{% endif %}}.",
    "unless": "Write {{% if not {rest} %}} ... {{% endif %}}.",
    "each": "Write {{% for line in {rest} %}} ... {{% endfor %}}.",
}
_ENDS = {"end of print statement": "}}", "end of statement block": "%}", "end of template": "the end"}
_OPEN = re.compile(r"innermost block that needs to be closed is '(\w+)'")
_TOKEN = re.compile(r"expected token '(.+)', got '(.+)'")
_NO_SUCH = re.compile(r"No (filter|test) named '(.+)'|unknown tag '(.+)'")


def unreadable(source: str, exc: TemplateSyntaxError) -> TemplateFault:
    """Say what Jinja2 could not read, or that it is Handlebars."""
    found = _HANDLEBARS.search(source)
    if found is None:
        return TemplateFault(plainly(exc), exc.lineno)
    line = source.count("\n", 0, found.start()) + 1
    if found[0] == "{{{":
        return TemplateFault("Three braces are Handlebars. Write two: {{ name }}. In HTML it is always escaped.", line)
    instead = _INSTEAD.get(found["word"], "").format(rest=found["rest"] or "value")
    return TemplateFault(f"{found[0]} is Handlebars, which is not read here. {instead}".strip(), line)


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that a name is not known, and which one may be meant."""
    if name == "else":
        return "{{else}} is Handlebars, which is not read here. Write {% else %}."
    guess = likely(name, known)
    return f"{name} is not known. Did you mean {guess}?" if guess else f"{name} is not known."


def plainly(exc: TemplateError) -> str:
    """Say in plain words what Jinja2 says."""
    said = (exc.message or "it is no template").rstrip(".")
    if found := _OPEN.search(said):
        return f"A {{% {found[1]} %}} is not closed. Write {{% end{found[1]} %}} where it ends."
    if found := _NO_SUCH.search(said):
        return f"There is no {found[1] or 'tag'} with the name {found[2] or found[3]}."
    if found := _TOKEN.search(said):
        wanted, got = (_ENDS.get(token, token) for token in found.groups())
        return f"This cannot be read: {got} stands where {wanted} belongs."
    if said == "unexpected 'end of template'":
        return "Something is missing before the end: }} or %}."
    return f"This cannot be read: {said}."


def unworkable(exc: Exception) -> str:
    """Say in plain words what Python could not compute."""
    if isinstance(exc, ZeroDivisionError):
        return "This divides by zero."
    if isinstance(exc, TypeError | AttributeError):
        return "This does not fit together: a text stands where a number belongs, or the other way round."
    return f"This cannot be worked out ({exc})."
