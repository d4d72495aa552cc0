"""The section "What is watched" of the alert form. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import CompanyKind
from ui.alerts.form_fields import Inputs
from ui.alerts.form_layout import Section
from ui.alerts.form_shape import Shape, Whom, period_hint
from ui.theme import FontRole, Role
from ui.widgets.buttons import LinkButton
from ui.widgets.fields import Field
from ui.widgets.labels import Label

#: A company, or a tag of one, by its kind.
Company = tuple[CompanyKind, str]


class WatchedSection(Section):
    """Title, company, area, switch, script, sample period, least calls."""

    def __init__(self, inputs: Inputs, fields: Mapping[str, Field], fixed: tuple[CompanyKind, str] | None) -> None:
        super().__init__("What is watched", "watched", first=True)
        self._inputs, self._fields = inputs, fields
        self._known: dict[CompanyKind, tuple[str, ...]] = {}
        self._tags: dict[CompanyKind, tuple[str, ...]] = {}
        self.company = Label("", Role.TEXT, FontRole.BODY_STRONG, name="alert_fixed_company")
        if fixed is not None:
            self.company.set(f"{fixed[0].value} {fixed[1]}")
        self.company.setVisible(fixed is not None)
        self.scripts_link = LinkButton("Open Scripts", "alert_open_scripts", height=24)
        self.add(self.company, fields["title"])
        self.across(fields["kind"], fields["area"], shares=(3, 4))
        self.add(fields["names"], fields["tag"], fields["connection_id"])
        self._beside_script = self.with_link(fields["script"], self.scripts_link)
        self.across(fields["sample_period"], fields["min_calls"])

    def know(self, companies: Iterable[Company], tags: Iterable[Company], kind: CompanyKind) -> None:
        """Offer these companies and tags while names are typed."""
        self._known, self._tags = _by_kind(companies), _by_kind(tags)
        self.offer(kind)

    def offer(self, kind: CompanyKind) -> None:
        """Offer the companies and tags of a kind."""
        self._inputs.names.set_completions(self._known.get(kind, ()))
        self._inputs.tag.set_completions(self._tags.get(kind, ()))

    def show_shape(self, shape: Shape) -> None:
        """Say what the choices mean; which fields there are is the form's matter."""
        kind = shape.kind
        self._fields["names"].set_label("Carriers" if kind is CompanyKind.CARRIER else "Customers")
        self._beside_script.setVisible(shape.area is Area.SCRIPT)
        self._inputs.min_calls.set_unit(shape.area.facts.rests_on)
        self._fields["sample_period"].set_hint(period_hint(shape))
        no_scripts = shape.area is Area.SCRIPT and self._inputs.script.count() <= 1
        said = "There is no script yet. Write one in Setup > Scripts." if no_scripts else ""
        self._fields["script"].set_hint(said, Role.WARNING)
        self._tell_unknown(shape)

    def _tell_unknown(self, shape: Shape) -> None:
        """Warn of names no switch knows; they may be right all the same: a company that had no call yet."""
        known = self._known.get(shape.kind, ())
        unknown = [name for name in self._inputs.names.entries if known and name not in known]
        is_are = "is" if len(unknown) == 1 else "are"
        said = f"{', '.join(unknown)} {is_are} not known to any switch yet." if unknown else ""
        self._fields["names"].set_hint(said, Role.WARNING)
        tag = self._inputs.tag.text().strip()
        missing = shape.whom is Whom.TAGGED and tag and tag not in self._tags.get(shape.kind, ())
        self._fields["tag"].set_hint(f"No {shape.kind.value} carries this tag yet." if missing else "", Role.WARNING)


def _by_kind(pairs: Iterable[Company]) -> dict[CompanyKind, tuple[str, ...]]:
    found: dict[CompanyKind, set[str]] = {kind: set() for kind in CompanyKind}
    for kind, name in pairs:
        found[kind].add(name)
    return {kind: tuple(sorted(names)) for kind, names in found.items()}
