"""What the history says about a change: one line for the list, all fields where an alert was made or deleted.

Pure functions; any thread. Must not import Qt widgets.
"""

from __future__ import annotations

from collections.abc import Mapping

from noc_alerts.model.changes import NOTHING, AlertChange, ChangeKind, FieldChange, alert_words
from ui import text

KIND_WORDS = {
    ChangeKind.CREATED: "Made",
    ChangeKind.CHANGED: "Changed",
    ChangeKind.DELETED: "Deleted",
    ChangeKind.RESTORED: "Brought back",
}


def what_words(change: AlertChange) -> tuple[str, str]:
    """Return what was done in a line and a second one: `Changed threshold`, `30 % → 35 %`."""
    word = KIND_WORDS[change.kind]
    if change.kind is not ChangeKind.CHANGED or not change.fields:
        return word, ""
    if len(change.fields) == 1:
        field = change.fields[0]
        return f"{word} {field.field}", f"{field.old} → {field.new}"
    return f"{word} {text.plural(len(change.fields), 'field')}", "; ".join(field.words for field in change.fields)


def all_fields(change: AlertChange, switches: Mapping[int, str]) -> tuple[FieldChange, ...]:
    """Return every field of an alert that was made, brought back (nothing before) or deleted (nothing after)."""
    alert = change.after or change.before
    if alert is None:
        return ()
    gone = change.kind is ChangeKind.DELETED
    return tuple(
        FieldChange(field, words if gone else "", "" if gone else words)
        for field, words in alert_words(alert, switches).items()
        if words != NOTHING
    )
