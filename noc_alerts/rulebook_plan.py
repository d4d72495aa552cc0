"""What an import of a rules file would do: the file held against the store, with everything that is wrong with it.

Any thread; changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import NOTHING, FieldChange, field_changes
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.model.plain import alert_from_plain, read_text, read_texts, shown_text, unknown_keys
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import PARTS, Template
from noc_alerts.notify.recipients import EntryKind, checked_entry, entry_kind, entry_name
from noc_alerts.notify.render_check import check_template
from noc_alerts.rulebook_yaml import Document, Path
from noc_alerts.store import Rules, Store
from noc_alerts.store.templates import is_stock

VERSION = 1
VERSION_KEY = "noc_alerts"
TEMPLATE_KEYS = ("name", *PARTS)
SCRIPT_KEYS = ("name", "stock", "source")
CONTACT_KEYS = ("name", "emails", "phones", "groups")
_TOP = (VERSION_KEY, "templates", "scripts", "contacts", "alerts")
#: Longer texts are told by their number of lines.
_SHORT = 60

_N = TypeVar("_N", Template, Script, Contact)


class ItemKind(StrEnum):
    """What an import would do with one thing of the file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One thing of the file. `what`: alert, template, script or contact. `fields`: what would change, empty for new and same."""

    what: str
    name: str
    kind: ItemKind
    fields: tuple[FieldChange, ...] = ()

    @property
    def line(self) -> str:
        """Write it in one line: `changed  Low ASR warning: threshold 30 % -> 35 %`."""
        name = self.name if self.what == "alert" else f"{self.what} {self.name}"
        words = "; ".join(f"{f.field} {f.old} -> {f.new}" for f in self.fields)
        return f"{self.kind.value:<8} {name}" + (f": {words}" if words else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. With `problems`, a sentence each with its line, nothing can be imported.

    `items`: in the file's order. `left_alone`: titles of alerts that are here and not in the file.
    `rules`, `revision`: what would be saved, and the store's state it was compared with.
    """

    items: tuple[PlanItem, ...] = ()
    problems: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    revision: int = 0

    @property
    def good(self) -> bool:
        """Tell whether it can be imported."""
        return not self.problems

    @property
    def changes(self) -> tuple[PlanItem, ...]:
        """Give what is new or changed."""
        return tuple(item for item in self.items if item.kind is not ItemKind.SAME)

    def lines(self) -> list[str]:
        """Say what would happen, a line for each change, then what stays."""
        lines = [item.line for item in self.changes]
        same = len(self.items) - len(lines)
        if same:
            lines.append(f"{'same':<8} {same} {'thing' if same == 1 else 'things'} of the file")
        if self.left_alone:
            count = len(self.left_alone)
            stay = (
                "alert that is not in the file stays as it is"
                if count == 1
                else "alerts that are not in the file stay as they are"
            )
            lines.append(f"{'left':<8} {count} {stay}")
        return lines


class Planner:
    """Reads one file against one store, collecting what is wrong."""

    def __init__(self, store: Store, doc: Document) -> None:
        self._doc = doc
        self._problems: list[tuple[int, str]] = []
        self._items: list[PlanItem] = []
        #: What stands in the file but cannot be read: no second complaint about who uses it.
        self._broken: set[tuple[str, str]] = set()
        self._titles: set[str] = set()
        self._templates = {_key(t.name): t for t in store.templates.all()}
        self._scripts = {_key(s.name): s for s in store.scripts.all()}
        self._contacts = {_key(c.name): c for c in store.contacts.all()}
        self._alerts = {_key(a.title): a for a in store.alerts.all()}
        self._switches = {c.id: c.name for c in store.connections.all() if c.id is not None}

    def plan(self, revision: int) -> Plan:
        """Read the whole file."""
        top = self._top()
        groups = _groups(self._contacts.values())
        templates = self._named(top, "templates", self._templates, self._template)
        scripts = self._named(top, "scripts", self._scripts, self._script)
        contacts = self._named(top, "contacts", self._contacts, self._contact)
        here = dict(self._alerts)
        alerts = self._read_alerts(top)
        others = [alert for key, alert in here.items() if key not in self._titles]
        self._lost_groups(groups, others)
        problems = tuple(f"Line {line}: {said}" for line, said in sorted(self._problems, key=lambda p: p[0]))
        changed = {(item.what, item.name) for item in self._items if item.kind is not ItemKind.SAME}
        rules = Rules(
            tuple(t for t in templates if ("template", t.name) in changed),
            tuple(s for s in scripts if ("script", s.name) in changed),
            tuple(c for c in contacts if ("contact", c.name) in changed),
            tuple(a for a in alerts if ("alert", a.title) in changed),
        )
        return Plan(tuple(self._items), problems, tuple(a.title for a in others), rules if not problems else Rules(), revision)

    def _wrong(self, path: Path, said: str) -> None:
        self._problems.append((self._doc.line(*path), said))

    def _top(self) -> Mapping[str, object]:
        top = self._doc.value
        first = f"its first line must be {VERSION_KEY}: {VERSION}"
        if not isinstance(top, dict) or VERSION_KEY not in top:
            self._wrong((), f"This is no rules file of noc_alerts: {first}.")
            return {}
        version = top[VERSION_KEY]
        if version != VERSION or isinstance(version, bool):
            newer = isinstance(version, int) and version > VERSION
            said = f"The file is of version {version}, written by a newer noc_alerts. Import it there." if newer else ""
            self._wrong((VERSION_KEY,), said or f"The file is of no version there is; {first}.")
            return {}
        for key, said in unknown_keys(top, _TOP).items():
            self._wrong((key,), said)
        return top

    def _section(
        self, top: Mapping[str, object], name: str, key: str, *, quiet: bool = False
    ) -> list[tuple[Path, dict[str, object]]]:
        """Give the things of a section with their paths, each name once."""
        values = top.get(name)
        if values is None:
            return []
        if not isinstance(values, list):
            self._wrong((name,), f"Write the {name} as a list, each with a dash before it.")
            return []
        found: list[tuple[Path, dict[str, object]]] = []
        seen: dict[str, int] = {}
        for i, value in enumerate(values):
            path: Path = (name, i)
            if not isinstance(value, dict):
                self._wrong(path, f"Here begins one of the {name}: write its fields, a line each, beginning with {key}.")
                continue
            called = value.get(key)
            if isinstance(called, str):
                line = self._doc.line(*path, key)
                if _key(called) in seen:
                    self._wrong((*path, key), f"The {key} {shown_text(called)} is used already in line {seen[_key(called)]}.")
                    continue
                seen[_key(called)] = line
            found.append((path, value))
        return found

    def _named(
        self,
        top: Mapping[str, object],
        section: str,
        here: dict[str, _N],
        make: Callable[[Path, dict[str, object], _N | None], _N],
    ) -> list[_N]:
        """Read a section of named things; afterwards `here` is as it would be."""
        found: list[_N] = []
        for path, value in self._section(top, section, "name"):
            before = here.get(_key(str(value.get("name"))))
            try:
                thing = make(path, value, before)
            except BadInput as error:
                self._refused(path, error, value.get("name"))
                self._broken.add((section, _key(str(value.get("name")))))
                continue
            found.append(thing)
            here[_key(thing.name)] = thing
            self._add(section[:-1], thing.name, before is None, _part_changes(before, thing) if before else ())
        return found

    def _add(self, what: str, name: str, new: bool, changes: tuple[FieldChange, ...]) -> None:
        kind = ItemKind.NEW if new else ItemKind.CHANGED if changes else ItemKind.SAME
        self._items.append(PlanItem(what, name, kind, changes))

    def _refused(self, path: Path, error: BadInput, name: object) -> None:
        """Note what is wrong with a thing; after the sentence stands whose field it is."""
        for where, said in (error.problems or {"": error.sentence}).items():
            steps = (int(step) if step.isascii() and step.isdecimal() else step for step in where.split("."))
            owner = f" of {shown_text(name)}" if isinstance(name, str) and name.strip() else ""
            field = where if where.replace(".", "").replace("_", "").isalnum() else "a field"
            self._wrong((*path, *steps), f"{said} ({field}{owner})" if where else said)

    def _template(self, path: Path, value: dict[str, object], before: Template | None) -> Template:
        texts = _texts(value, TEMPLATE_KEYS)
        name = _key(texts["name"]) if is_stock(texts["name"]) else texts["name"].strip()
        parts = {part: texts.get(part, "") for part in PARTS}
        template = Template(id=before.id if before else None, name=name, **parts)
        for problem in check_template(template):
            at = f", line {problem.line}" if problem.line else ""
            self._wrong((*path, problem.part), f"Template {template.name}, {problem.part}{at}: {problem.sentence}")
        return template

    def _script(self, path: Path, value: dict[str, object], before: Script | None) -> Script:
        texts = _texts(value, SCRIPT_KEYS)
        updated = before.updated_at if before else None
        return Script(
            before.id if before else None, texts["name"].strip(), texts.get("source", ""), updated, texts.get("stock", "")
        )

    def _contact(self, path: Path, value: dict[str, object], before: Contact | None) -> Contact:
        problems = unknown_keys(value, CONTACT_KEYS)
        lists: dict[str, tuple[str, ...]] = {}
        for key in ("emails", "phones", "groups"):
            try:
                lists[key] = read_texts(value[key]) if value.get(key) is not None else ()
            except BadInput as error:
                problems |= {f"{key}.{p}" if p else key: said for p, said in error.problems.items()}
        for key, kind in (("emails", EntryKind.MAIL), ("phones", EntryKind.PHONE)):
            lists[key] = self._addresses(lists.get(key, ()), key, kind, problems)
        name = _named_text(value, "name", problems)
        if problems:
            raise BadInput(" ".join(problems.values()), problems)
        return Contact(before.id if before else None, name.strip(), **lists)

    def _addresses(self, entries: Sequence[str], key: str, kind: EntryKind, problems: dict[str, str]) -> tuple[str, ...]:
        found = []
        for i, entry in enumerate(entries):
            try:
                checked = checked_entry(entry)
                if entry_kind(checked) is not kind:
                    raise BadInput(f"{shown_text(entry)} is no {'mail address' if key == 'emails' else 'phone number'}.")
                found.append(checked)
            except BadInput as error:
                problems[f"{key}.{i}"] = error.sentence
        return tuple(found)

    def _read_alerts(self, top: Mapping[str, object]) -> list[Alert]:
        found = []
        for path, value in self._section(top, "alerts", "title"):
            self._titles.add(_key(str(value.get("title"))))
            before = self._alerts.get(_key(str(value.get("title"))))
            try:
                connection_id = self._switch(value)
                alert = alert_from_plain(value, alert_id=before.id if before else None, connection_id=connection_id)
                alert = replace(alert, title=alert.title.strip())
            except BadInput as error:
                self._refused(path, error, value.get("title"))
                continue
            alert = self._known_names(path, alert)
            found.append(alert)
            changes = field_changes(before, alert, self._switches) if before else ()
            if before and not changes and before != alert:  # differs where the words do not show it
                changes = (FieldChange("fields", "as here", "as in the file"),)
            self._alerts[_key(alert.title)] = alert
            self._add("alert", alert.title, before is None, changes)
        return found

    def _switch(self, value: Mapping[str, object]) -> int | None:
        name = value.get("switch")
        if name is None:
            return None
        for switch_id, known in self._switches.items():
            if isinstance(name, str) and _key(known) == _key(name):
                return switch_id
        said = (
            f"There is no switch named {shown_text(name)} here. Connect it under this name first, or take this line out: "
            "then the alert watches every switch."
        )
        raise BadInput(said, {"switch": said})

    def _known_names(self, path: Path, alert: Alert) -> Alert:
        """Check what an alert names, and give it with its recipients as they are kept."""
        template, script = _key(alert.template), _key(alert.script)
        if not is_stock(template) and template not in self._templates and ("templates", template) not in self._broken:
            self._wrong((*path, "template"), f"There is no template named {shown_text(alert.template)}, here or in the file.")
        if script and script not in self._scripts and ("scripts", script) not in self._broken:
            self._wrong((*path, "script"), f"There is no script named {shown_text(alert.script)}, here or in the file.")
        unsure = any(section == "contacts" for section, _ in self._broken)
        entries = []
        for i, entry in enumerate(alert.recipients):
            if unsure and entry_kind(entry) in (EntryKind.CONTACT, EntryKind.GROUP):
                continue
            try:
                entries.append(checked_entry(entry, self._contacts.values()))
            except BadInput as error:
                self._wrong((*path, "recipients", i), error.sentence)
        return replace(alert, recipients=tuple(dict.fromkeys(entries)))

    def _lost_groups(self, before: Mapping[str, str], others: Iterable[Alert]) -> None:
        """Refuse a file after which a group that alerts outside the file name has nobody in it."""
        after = _groups(self._contacts.values())
        for key, group in before.items():
            users = [alert.title for alert in others if key not in after and _names_group(alert, key)]
            if users:
                self._wrong(
                    ("contacts",), f"Group {group} would have no member, and these alerts tell it: {', '.join(users[:5])}."
                )


def _names_group(alert: Alert, key: str) -> bool:
    return any(entry_kind(e) is EntryKind.GROUP and _key(entry_name(e)) == key for e in alert.recipients)


def _key(name: str) -> str:
    return name.strip().casefold()


def _groups(contacts: Iterable[Contact]) -> dict[str, str]:
    return {_key(group): group for contact in contacts for group in contact.groups}


def _named_text(value: Mapping[str, object], key: str, problems: dict[str, str]) -> str:
    """Read the text of a key; "" with its problem when there is none."""
    try:
        if value.get(key) is None:
            raise BadInput(f"The {key} is missing.")
        return read_text(value[key])
    except BadInput as error:
        problems[key] = error.sentence
        return ""


def _texts(value: Mapping[str, object], keys: Sequence[str]) -> dict[str, str]:
    """Read a mapping of texts; the name must be there. Raises BadInput."""
    problems = unknown_keys(value, keys)
    there = ["name", *(key for key in keys if key != "name" and value.get(key) is not None)]
    found = {key: _named_text(value, key, problems) for key in there}
    if problems:
        raise BadInput(" ".join(problems.values()), problems)
    return found


def _part_changes(before: _N, after: _N) -> tuple[FieldChange, ...]:
    """Say which parts of a template, a script or a contact differ."""
    keys = {Template: TEMPLATE_KEYS, Script: SCRIPT_KEYS, Contact: CONTACT_KEYS}[type(after)]
    pairs = ((key.replace("_", " "), getattr(before, key), getattr(after, key)) for key in keys)
    return tuple(_part_change(key, old, new) for key, old, new in pairs if old != new)


def _part_change(key: str, old: str | tuple[str, ...], new: str | tuple[str, ...]) -> FieldChange:
    texts = [value if isinstance(value, str) else ", ".join(value) for value in (old, new)]
    if all(len(text) <= _SHORT and text.isprintable() for text in texts) and texts[0] != texts[1]:
        return FieldChange(key, texts[0] or NOTHING, texts[1] or NOTHING)
    counts = [f"{n} {'line' if n == 1 else 'lines'}" for n in (len(text.splitlines()) for text in texts)]
    return FieldChange(key, counts[0], counts[1] if counts[0] != counts[1] else f"{counts[1]}, other text")
