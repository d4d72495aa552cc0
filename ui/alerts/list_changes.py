"""What the list does to chosen alerts: every change in one transaction, signed, with one undo.

Runs on the window's thread. Writes intents to the store and asks the service for soon; shows nothing itself but sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from noc_alerts.model.alerts import MAX_TITLE, Alert
from noc_alerts.model.changes import Author
from noc_alerts.model.errors import BadInput, StoreError
from ui import text

if TYPE_CHECKING:
    from ui.context import ScreenContext


def named(alerts: Sequence[Alert]) -> str:
    """Name one alert by its title, several by their number."""
    return alerts[0].title if len(alerts) == 1 else text.plural(len(alerts), "alert")


class AlertChanges:
    """Change alerts in the store. `show` is called after each change, to show the alerts anew."""

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime], show: Callable[[], object]) -> None:
        self._context, self._clock, self._show = context, clock, show

    @property
    def _author(self) -> Author:
        return self._context.author(self._clock())

    def save(self, alerts: Iterable[Alert], failed: str) -> list[Alert]:
        """Save all of the alerts or none; then say so under the title `failed` and return nothing.

        Making an alert of what a change leaves may fail as well, so `alerts` may be a generator.
        """
        try:
            saved = self._context.service.store.alerts.save_all(list(alerts), by=self._author)
        except (BadInput, StoreError) as error:
            self._context.messages.fail(failed, error.sentence)
            return []
        self._done()
        return saved

    def _done(self) -> None:
        self._context.service.soon()
        self._show()

    def edit(self, before: Sequence[Alert], change: Callable[[Alert], Alert], said: str) -> list[Alert]:
        """Make one change to all of these as they are now, or to none; say `said` and offer to take back what it changed.

        What was deleted since it was chosen is left out, and said.
        """
        failed = f"{named(before)} {'was' if len(before) == 1 else 'were'} not changed" if before else ""
        chosen = len(before)
        try:
            now = {alert.id: alert for alert in self._context.service.store.alerts.all()} if before else {}
        except StoreError as error:
            self._context.messages.fail(failed, error.sentence)
            return []
        before = [now[alert.id] for alert in before if alert.id in now]
        if chosen and not before:
            self._context.messages.fail(failed, "It was deleted meanwhile." if chosen == 1 else "They were deleted meanwhile.")
            self._show()
            return []
        if gone := chosen - len(before):
            said += f". {text.number(gone)} of {text.number(chosen)} {'was' if gone == 1 else 'were'} deleted meanwhile"
        changed = self._made(before, change, failed)
        pairs = [(old, new) for old, new in zip(before, changed, strict=True) if old != new] if changed else []
        if not pairs:
            return []
        saved = self.save((new for _, new in pairs), failed)
        if saved:
            undone = [(old, new) for (old, _), new in zip(pairs, saved, strict=True)]
            self._context.messages.say(said, lambda: self._take_back(undone))
        return saved

    def _made(self, before: Sequence[Alert], change: Callable[[Alert], Alert], failed: str) -> list[Alert]:
        """Return the alerts as they would be; tell by name which one cannot be so, and return nothing."""
        made = []
        for alert in before:
            try:
                made.append(change(alert))
            except BadInput as error:
                why = " ".join(error.problems.values()) or error.sentence
                rest = " None of them was changed." if len(before) > 1 else ""
                self._context.messages.fail(failed, f"{alert.title}: {why}{rest}")
                return []
        return made

    def _take_back(self, pairs: Sequence[tuple[Alert, Alert]]) -> None:
        """Put the fields that were changed back; what else changed meanwhile stays, and what is gone stays gone."""
        try:
            now = {alert.id: alert for alert in self._context.service.store.alerts.all()}
            back = [replace(now[old.id], **_differing(old, new)) for old, new in pairs if old.id in now]
        except (BadInput, StoreError) as error:
            self._context.messages.fail("The change was not taken back", error.sentence)
            return
        if back and self.save(back, "The change was not taken back"):
            self._context.messages.say(f"{named(back)} as before")

    def set_enabled(self, alerts: Sequence[Alert], enabled: bool) -> None:
        """Switch alerts on or off."""
        before = [alert for alert in alerts if alert.enabled is not enabled]
        word = "on" if enabled else "off"
        self.edit(before, lambda alert: replace(alert, enabled=enabled), f"{named(before)} switched {word}" if before else "")

    def add_copies(self, alerts: Sequence[Alert], taken: Iterable[str]) -> list[Alert]:
        """Save copies under free titles, `Copy of ...`; `taken`: the titles there are."""
        titles, copies = {title.casefold() for title in taken}, []
        for alert in alerts:
            title = free_title(alert.title, titles)
            titles.add(title.casefold())
            copies.append(replace(alert, id=None, title=title))
        return self.save(copies, "No copy was made")

    def delete(self, alerts: Sequence[Alert]) -> bool:
        """Delete alerts, all or none; return whether they are gone."""
        ids = [alert.id for alert in alerts if alert.id is not None]
        try:
            self._context.service.store.alerts.delete_all(ids, by=self._author)
        except (BadInput, StoreError) as error:
            self._context.messages.fail(f"{named(alerts)} {'was' if len(ids) == 1 else 'were'} not deleted", error.sentence)
            return False
        self._done()
        return True

    def bring_back(self, gone: Sequence[Alert]) -> list[Alert]:
        """Bring deleted alerts back under their old ids, with their history; all or none."""
        try:
            back = self._context.service.store.alerts.undelete(list(gone), by=self._author)
        except (BadInput, StoreError) as error:
            self._context.messages.fail(f"{named(gone)} {'was' if len(gone) == 1 else 'were'} not brought back", error.sentence)
            return []
        self._done()
        self._context.messages.say(f"{named(back)} brought back")
        return back


def _differing(old: Alert, new: Alert) -> dict[str, Any]:
    """Return the fields in which two alerts differ, with the old values."""
    return {f.name: getattr(old, f.name) for f in fields(Alert) if getattr(old, f.name) != getattr(new, f.name)}


def free_title(title: str, taken: set[str]) -> str:
    """Return `Copy of ...`, counted from the second copy on, cut to what a title may be long; `taken` in lower case."""
    for number in range(1, len(taken) + 2):
        start = "Copy of " if number == 1 else f"Copy {number} of "
        made = start + title[: MAX_TITLE - len(start)]
        if made.casefold() not in taken:
            return made
    return title
