"""People and groups of people who can be told."""

from dataclasses import dataclass

from noc_alerts.model.errors import BadInput

MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Contact:
    """A person: addresses that are told one and all. Raises BadInput with a sentence a field.

    `emails`: checked mail addresses. `phones`: in international form, "+442079460812".
    """

    id: int | None
    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise BadInput when the name is wrong or there is no way to reach the person."""
        problems = {}
        if not self.name.strip():
            problems["name"] = "Give the contact a name."
        elif not self.name.isprintable() or set(self.name) & {",", ";"}:
            problems["name"] = "A name is one line without commas and semicolons: recipients are parted by those."
        elif len(self.name) > MAX_NAME:
            problems["name"] = f"The name has {len(self.name)} characters. At most {MAX_NAME} fit."
        if not self.emails and not self.phones:
            problems["emails"] = "Give a mail address or a phone number, or nobody can be told."
        if problems:
            raise BadInput("The contact was not saved: " + " ".join(problems.values()), problems)
