"""The tables of noc.db and how values are kept in them. No thread of its own; imports no model but enums."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.types import TypeDecorator

#: The newest revision in migrations/versions; a test holds them together.
HEAD = "0002"


class UtcDateTime(TypeDecorator[datetime]):
    """Keep aware datetimes as UTC and give them back aware: SQLite drops time zones. Raises ValueError on a naive one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give what the driver keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a time zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> "sa.Column[int]":
    return sa.Column("id", sa.Integer, primary_key=True)


def _text(name: str, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, **options)


def _whole(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=False)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean, nullable=False)


def _at(name: str) -> "sa.Column[datetime]":
    return sa.Column(name, UtcDateTime, nullable=False)


def _maybe(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=True)


def _table(name: str, *parts: Any) -> sa.Table:
    # an id is never given twice, as on PostgreSQL: history and calls.db point at ids of things that are gone
    return sa.Table(name, metadata, _id(), *parts, sqlite_autoincrement=True)


connection = _table(
    "connection",
    _text("name"),
    _text("name_key", unique=True),
    _text("kind"),
    _text("options"),
    _text("clock"),
    _whole("poll_us"),
    _flag("enabled"),
    _flag("live"),
    _flag("demo"),
)

alert = _table(
    "alert",
    _text("title"),
    _text("title_key", unique=True),
    _text("scope_kind"),
    _text("scope_names"),
    _text("scope_tag"),
    _text("area"),
    _text("operator"),
    _maybe("threshold", sa.Float),
    _maybe("reset", sa.Float),
    _maybe("warn_threshold", sa.Float),
    _maybe("warn_reset", sa.Float),
    _flag("strict"),
    _maybe("sample_period_us", sa.BigInteger),
    _whole("min_calls"),
    _whole("hold_us"),
    _whole("keep_us"),
    _text("no_data"),
    _whole("no_data_after_us"),
    _text("duty"),
    _text("repeat"),
    _text("repeat_zone"),
    _maybe("penalty_us", sa.BigInteger),
    _flag("penalty_dry"),
    _whole("penalty_after_us"),
    _flag("penalty_ask"),
    _text("template"),
    _text("script"),
    _text("level"),
    _text("recipients"),
    _flag("tray"),
    _flag("tell_recovery"),
    _flag("enabled"),
    _maybe("paused_until", UtcDateTime),
    sa.Column("connection_id", sa.Integer, sa.ForeignKey("connection.id"), nullable=True),
)

company = _table(
    "company",
    sa.Column("connection_id", sa.Integer, sa.ForeignKey("connection.id", ondelete="CASCADE"), nullable=False),
    _text("kind"),
    _text("key"),
    _text("name"),
    _text("status"),
    _text("currency"),
    _text("tags"),
    _at("seen_at"),
    sa.Index(None, "connection_id", "kind", "name"),
)

#: What people changed of alerts; it outlives them, so `alert_id` is no foreign key.
alert_change = _table(
    "alert_change",
    _whole("alert_id"),
    _text("title"),
    _at("at"),
    _text("author"),
    _text("kind"),
    _text("fields"),
    _maybe("before", sa.Text),
    _maybe("after", sa.Text),
    sa.Index(None, "alert_id"),
)

template = _table(
    "template",
    _text("name"),
    _text("name_key", unique=True),
    _text("subject"),
    _text("text"),
    _text("html"),
    _text("sms"),
    _text("push_title"),
    _text("push_message"),
)

script = _table(
    "script",
    _text("name"),
    _text("name_key", unique=True),
    _text("source"),
    _maybe("updated_at", UtcDateTime),
    _text("stock"),
)

contact = _table(
    "contact",
    _text("name"),
    _text("name_key", unique=True),
    _text("emails"),
    _text("phones"),
    _text("groups"),
)

setting = sa.Table("setting", metadata, sa.Column("key", sa.Text, primary_key=True), _text("text"))

#: Counters that grow with every change of a family: cheap to look at.
revision = sa.Table("revision", metadata, sa.Column("family", sa.Text, primary_key=True), _whole("number"))

alarm = _table(
    "alarm",
    _text("rule_kind"),
    _whole("rule_id"),
    _whole("connection_id"),
    _text("subject"),
    _text("title"),
    _text("level"),
    _text("area"),
    _text("unit"),
    _text("limit_text"),
    _at("raised_at"),
    _maybe("value", sa.Float),
    _maybe("calls", sa.BigInteger),
    _maybe("worst", sa.Float),
    _at("value_at"),
    _maybe("cleared_at", UtcDateTime),
    _maybe("cleared_reason", sa.Text),
    _maybe("acked_at", UtcDateTime),
    _text("acked_by"),
    _text("ack_note"),
    _flag("blind"),
    _text("message"),
    sa.Index(None, "cleared_at"),
)

transition = _table(
    "transition",
    _text("rule_kind"),
    _whole("rule_id"),
    _whole("connection_id"),
    _text("subject"),
    _at("at"),
    _text("before"),
    _text("after"),
    _text("reason"),
    _maybe("value", sa.Float),
    _maybe("calls", sa.BigInteger),
    _text("text"),
    sa.Column("alarm_id", sa.Integer, sa.ForeignKey("alarm.id"), nullable=True, index=True),
    _text("told"),
    sa.Index(None, "rule_kind", "rule_id"),
)

rule_state = sa.Table(
    "rule_state",
    metadata,
    sa.Column("rule_kind", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("connection_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.Text, primary_key=True),
    _text("phase"),
    _at("since"),
    _whole("held_ms"),
    sa.Column("alarm_id", sa.Integer, sa.ForeignKey("alarm.id"), nullable=True),
    _text("inner"),
    _whole("inner_held_ms"),
)

event = _table(
    "event",
    _at("at"),
    _text("type"),
    _text("sender"),
    _text("subject"),
    _text("text"),
    sa.Column("alarm_id", sa.Integer, sa.ForeignKey("alarm.id"), nullable=True),
    _maybe("connection_id", sa.BigInteger),
    sa.Index(None, "at"),
)

delivery = _table(
    "delivery",
    _text("channel"),
    _text("recipient"),
    _text("facts"),
    _flag("urgent"),
    _text("message_id"),
    _at("created_at"),
    _at("next_at"),
    _text("state"),
    _whole("tries"),
    _text("answer"),
    _maybe("sent_at", UtcDateTime),
    sa.Column("alarm_id", sa.Integer, sa.ForeignKey("alarm.id"), nullable=True, index=True),
    _text("thread_id"),
    _text("mail_subject"),
    _text("mail_body"),
    sa.Index(None, "state", "next_at"),
)

attempt = _table(
    "attempt",
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), nullable=False, index=True),
    _at("at"),
    _flag("ok"),
    _text("answer"),
    _whole("took_ms"),
)

block = _table(
    "block",
    _whole("connection_id"),
    _text("subject"),
    _at("due_at"),
    _whole("length_us"),
    _text("state"),
    _text("reason"),
    sa.Column("alarm_id", sa.Integer, sa.ForeignKey("alarm.id"), nullable=True, index=True),
)

#: For which of its times a scheduled report was made last. An alert that comes back after its deletion finds its row.
report = sa.Table(
    "report",
    metadata,
    sa.Column("alert_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _at("slot_at"),
)


class Family(StrEnum):
    """What has a counter of changes."""

    ALERTS = "alerts"
    SETTINGS = "settings"
    TEMPLATES = "templates"
    SCRIPTS = "scripts"
    CONTACTS = "contacts"


def insert_one(conn: Connection, table: sa.Table, row: dict[str, Any]) -> int:
    """Insert a row and give its id."""
    result = conn.execute(table.insert().values(**row))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def insert_many(conn: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and give their ids in the same order."""
    if not rows:
        return []
    statement = table.insert().returning(table.c.id, sort_by_parameter_order=True)
    return [int(i) for i in conn.scalars(statement, rows)]


def read_revision(conn: Connection, family: Family) -> int:
    """Give the number of changes of a family so far."""
    found = conn.scalar(sa.select(revision.c.number).where(revision.c.family == family.value))
    return 0 if found is None else int(found)


def read_revisions(conn: Connection) -> int:
    """Give the number of changes of all families so far."""
    return int(conn.scalar(sa.select(sa.func.sum(revision.c.number))) or 0)


def bump_revision(conn: Connection, family: Family) -> None:
    """Count one more change of a family."""
    changed = conn.execute(
        revision.update().where(revision.c.family == family.value).values(number=revision.c.number + 1)
    ).rowcount
    if not changed:
        conn.execute(revision.insert().values(family=family.value, number=1))
