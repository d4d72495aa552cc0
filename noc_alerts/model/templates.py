"""Message templates: what is told, in which words, over each channel."""

from dataclasses import dataclass, fields

from noc_alerts.model.errors import BadInput

MAX_NAME = 64
MAX_PART = 32_768

#: The texts of a template, in the order they are edited.
PARTS = ("subject", "text", "html", "sms", "push_title", "push_message")


@dataclass(frozen=True, slots=True)
class Template:
    """The sources of one message (Jinja2, with ConnexCS's {{name}} as it is).

    `subject`, `text`, `html`: of the mail; `html` is the inside of the page, empty = made from `text`. `sms`: of a text message.
    `push_title`, `push_message`: of Pushover and of the desktop. An empty part falls back: sms and push_message to the first
    lines of `text`, push_title to `subject`. Raises BadInput with a sentence a field; what only a template engine can find
    is found by notify.
    """

    id: int | None
    name: str
    subject: str
    text: str
    html: str = ""
    sms: str = ""
    push_title: str = ""
    push_message: str = ""

    def __post_init__(self) -> None:
        """Raise BadInput when a part is missing or too long."""
        problems = {}
        if not self.name.strip():
            problems["name"] = "Give the template a name."
        elif not self.name.isprintable():
            problems["name"] = "A name is one line of plain characters."
        elif len(self.name) > MAX_NAME:
            problems["name"] = f"The name has {len(self.name)} characters. At most {MAX_NAME} fit."
        for part in ("subject", "text"):
            if not getattr(self, part).strip():
                problems[part] = f"A message needs a {part}."
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in PARTS and len(value) > MAX_PART:
                problems[field.name] = f"This has {len(value):,} characters. At most {MAX_PART:,} fit."
        if problems:
            raise BadInput("The template was not saved: " + " ".join(problems.values()), problems)
