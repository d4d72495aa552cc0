"""The tree of our exceptions. Each carries one calm sentence for the user as its text.

NocError
    BadInput            something a person typed or a file holds is wrong; `problems` names the fields
        BadExpression   an expression is wrong; `column` (1-based) says where
    SwitchError         a switch could not be read; the rules on it go blind
        SwitchUnreachable   no connection, or no answer in time
        SwitchRefused       it answered, and said no: credentials, rights, rate
        SwitchBadAnswer     it answered what nobody can use: 500, HTML, half a page, NaN
    StoreError          the store could not keep or give something; nothing that was acknowledged is lost
    DeliveryError       a message was not taken; `permanent` says whether another try makes sense
    ScriptError         a user's script gave no result; `line` says where in its source, `log` what it wrote until then
    SecretsError        no safe place for a secret
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noc_alerts.model.scripts import LogLine  # that module imports this one


class NocError(Exception):
    """Say what happened, what it means and what to do, in one sentence."""

    @property
    def sentence(self) -> str:
        """Give the text for the user."""
        return str(self)


class BadInput(NocError):
    """Raised when input is refused; nothing was changed.

    `problems`: field name -> sentence for under that field; empty when it is not about fields.
    """

    def __init__(self, sentence: str, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.problems: dict[str, str] = dict(problems or {})


class BadExpression(BadInput):
    """Raised when an expression cannot be read; `column` is 1-based."""

    def __init__(self, sentence: str, column: int) -> None:
        super().__init__(f"{sentence} at column {column}", {"factors": f"{sentence} at column {column}"})
        self.column = column


class SwitchError(NocError):
    """Raised at a switch's edge when it could not be read or written."""


class SwitchUnreachable(SwitchError):
    """Raised when there is no connection or no answer in time."""


class SwitchRefused(SwitchError):
    """Raised when the switch said no: wrong credentials, missing rights, too many requests."""


class SwitchBadAnswer(SwitchError):
    """Raised when the answer is of no use: a server error, HTML, half a page, a number that is none."""


class StoreError(NocError):
    """Raised when the store is locked, read-only, full or damaged."""


class DeliveryError(NocError):
    """Raised when a message was not taken by its channel.

    `permanent`: the same message will never be taken, no other try is made. `answer`: the provider's own words.
    """

    def __init__(self, sentence: str, *, permanent: bool, answer: str = "") -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.answer = answer


class ScriptError(NocError):
    """Raised when a user's script gave no result: it failed, was stopped at a limit, or answered what nobody can use.

    `line`: 1-based line of the user's source, None when not known. `log`: tuple of model.scripts.LogLine, oldest first.
    """

    def __init__(self, sentence: str, line: int | None = None, log: "tuple[LogLine, ...]" = ()) -> None:
        super().__init__(sentence)
        self.line = line
        self.log = log


class SecretsError(NocError):
    """Raised when a secret cannot be kept or read safely."""
