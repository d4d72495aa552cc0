"""What the history says about a change: one line for the list, all fields where an alert was made or deleted.

Pure functions; any thread. Must not import Qt widgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noc_alerts.model.changes import NOTHING, AlertChange, ChangeKind, FieldChange, alert_words
from ui import text

KIND_WORDS = {
    ChangeKind.CREATED: "Made",
    ChangeKind.CHANGED: "Changed",
    ChangeKind.DELETED: "Deleted",
    ChangeKind.RESTORED: "Brought back",
}


#: The id of the version before the oldest change that is known; the store numbers changes from 1.
BEGINNING = 0


def with_beginning(changes: Sequence[AlertChange]) -> list[AlertChange]:
    """Return changes, newest first, and after them how the alert was before the oldest one, where that is none of them."""
    oldest = changes[-1] if changes else None
    if oldest is None or oldest.kind is not ChangeKind.CHANGED or oldest.before is None:
        return list(changes)
    before = oldest.before
    first = AlertChange(BEGINNING, oldest.alert_id, before.title, oldest.at, "", ChangeKind.CREATED, (), None, before)
    return [*changes, first]


def what_words(change: AlertChange) -> tuple[str, str]:
    """Return what was done in a line and a second one: `Changed threshold`, `30 % → 35 %`."""
    if change.id == BEGINNING:
        return "As it was before that", ""
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
