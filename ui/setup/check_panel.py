"""The steps of a test as they happen: one row a step with its result, the time it took and the answer itself.

Runs on the window's thread; used by the switch form and by Settings > Messages.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtGui import QFontMetricsF

from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import NocError
from ui import text
from ui.bridge import Bridge
from ui.marks import Mark
from ui.table_delegate import PADDING
from ui.table_spec import Align, Cell, Column
from ui.tables import TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

Start = Callable[[Callable[[CheckStep], None]], "Future[list[CheckStep]]"]


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    step: CheckStep


def _result(row: _Row) -> Cell:
    if row.step.ok:
        return Cell("OK", mark=Mark.OK, tone=Role.MUTED)
    return Cell("Failed", mark=Mark.CRITICAL, tone=Role.CRITICAL, bold=True)


def _took(row: _Row) -> Cell:
    return Cell(text.number(row.step.took / timedelta(seconds=1), 2), "s")


def _spoken(row: _Row) -> str:
    return f"{row.step.what}, {'OK' if row.step.ok else 'failed'}, {row.step.answer}"


def _columns(step_width: int) -> tuple[Column[_Row], ...]:
    return (
        Column(
            "step",
            "Step",
            lambda r: r.number,
            lambda r: Cell(r.step.what, second=r.step.to),
            width=step_width,
            min_width=120,
            fixed=True,
            sortable=False,
        ),
        Column("result", "Result", lambda r: r.step.ok, _result, width=96, min_width=90, sortable=False),
        Column("took", "Took", lambda r: r.step.took, _took, align=Align.RIGHT, width=76, min_width=64, sortable=False),
        Column(
            "answer", "Answer", lambda r: r.step.answer, lambda r: Cell(r.step.answer), width=260, stretch=True, sortable=False
        ),
    )


class CheckPanel(Panel):
    """A test: its button, its steps, and in full sentences what failed."""

    def __init__(
        self, name: str, title: str, words: str, empty: str, bridge: Bridge, *, key: str = "", step_width: int = 240
    ) -> None:
        super().__init__(name, title, icon="check")
        self._bridge = bridge
        self._run = 0
        self._model = TableModel(_columns(step_width), key=lambda r: r.number, order=lambda r: r.number, spoken=_spoken)
        self.area = TableArea(self._model, f"{name}_steps", two_lines=True)
        self.area.view.setAccessibleName(f"Steps of: {title}")
        self._failure = Label("", Role.CRITICAL, FontRole.BODY, wrap=True, name=f"{name}_failure")
        self._failure.setContentsMargins(16, 8, 16, 12)
        self._failure.hide()
        self.button = Button(words, f"{name}_start", icon="play", hint=key, height=24)
        self.add_action(self.button)
        self.body.setSpacing(0)
        self.body.addWidget(self.area, 1)
        self.body.addWidget(self._failure)
        self._empty = PageState(StateKind.EMPTY, "Not tested yet", empty)
        self.area.set_state(self._empty)

    @property
    def steps(self) -> list[CheckStep]:
        """Return the steps shown."""
        return [row.step for row in self._model.rows()]

    @property
    def running(self) -> bool:
        """Return whether a test is going on."""
        return not self.button.isEnabled()

    def clear(self) -> None:
        """Forget the last test; one that is going on is not shown any more."""
        self._run += 1
        self._model.set_rows([])
        self._failure.hide()
        self.set_note("")
        self.button.setEnabled(True)
        self.area.set_state(self._empty)

    def start(self, begin: Start, refused: Callable[[NocError], None]) -> None:
        """Start a test and follow it; `refused` gets the error when it could not begin at all."""
        self.clear()
        run = self._run
        self.button.setEnabled(False)
        self.set_note("testing…")
        self.area.set_state(PageState(StateKind.LOADING, "Testing", "Each step is shown as soon as it is done."))

        def follow(step: CheckStep) -> None:
            if run == self._run:
                self._take(step)

        def done(steps: list[CheckStep]) -> None:
            if run == self._run:
                self._finish(steps)

        def failed(error: NocError) -> None:
            if run == self._run:
                self._fail(error)
                refused(error)

        self._bridge.run(begin(self._bridge.on_gui(follow)), done, failed)

    def _take(self, step: CheckStep) -> None:
        self.area.set_state(None)
        self._model.upsert([_Row(self._model.total + 1, step)])

    def _finish(self, steps: list[CheckStep]) -> None:
        self.button.setEnabled(True)
        self.area.set_state(None)
        self._model.set_rows([_Row(number, step) for number, step in enumerate(steps, 1)])
        wrong = next((step for step in steps if not step.ok), None)
        if wrong is None:
            self.set_note(f"all {len(steps)} steps went well" if len(steps) > 1 else "it went well")
        else:
            self.set_note(f"failed: {wrong.what}", Role.CRITICAL)
            self._failure.set(wrong.answer)
            self._failure.setVisible(self._is_cut(wrong.answer))

    def _is_cut(self, answer: str) -> bool:
        """Tell whether an answer has no room in its column, so that it must stand in full below."""
        room = self.area.view.columnWidth(len(self._model.columns) - 1) - 2 * PADDING
        return QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(answer) > room

    def _fail(self, error: NocError) -> None:
        self.button.setEnabled(True)
        self.set_note("not tested", Role.CRITICAL)
        self.area.set_state(PageState(StateKind.ERROR, "The test did not begin", error.sentence))
