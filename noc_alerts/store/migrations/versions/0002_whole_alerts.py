"""Whole alerts: two levels, hours, repeats, penalties, scripts; templates, contacts, blocks, reports, and who changed what."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WEEK_US = 7 * 86_400_000_000


def upgrade() -> None:
    """Widen what is there, row for row, and make the new tables."""
    _alerts()
    _alarms()
    _rules()
    _history()
    _blocks()


def _alerts() -> None:
    before = _last_id("alert")
    with op.batch_alter_table("alert", table_kwargs={"sqlite_autoincrement": True}) as alert:
        alert.alter_column("threshold", existing_type=sa.Float(), nullable=True)
        alert.add_column(_text("scope_tag"))
        alert.add_column(sa.Column("warn_threshold", sa.Float(), nullable=True))
        alert.add_column(sa.Column("warn_reset", sa.Float(), nullable=True))
        alert.add_column(_flag("strict"))
        alert.add_column(_text("no_data", "keep"))
        alert.add_column(_whole("no_data_after_us", 600_000_000))
        alert.add_column(_text("duty"))
        alert.add_column(_text("repeat", "none"))
        alert.add_column(_text("repeat_zone", "UTC"))
        alert.add_column(sa.Column("penalty_us", sa.BigInteger(), nullable=True))
        alert.add_column(_flag("penalty_dry"))
        alert.add_column(_whole("penalty_after_us", 0))
        alert.add_column(_flag("penalty_ask"))
        alert.add_column(_text("template", "alert"))
        alert.add_column(_text("script"))
    _keep_last_id("alert", before)
    # longer waits were possible until now
    for name in ("hold_us", "keep_us"):
        op.execute(sa.text(f"UPDATE alert SET {name} = {_WEEK_US} WHERE {name} > {_WEEK_US}"))
    op.add_column("company", _text("tags", "[]"))


def _alarms() -> None:
    op.add_column("alarm", _text("message"))
    op.add_column("rule_state", _text("inner", "NORMAL"))
    op.add_column("rule_state", _whole("inner_held_ms", 0))


def _rules() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("sms", sa.Text(), nullable=False),
        sa.Column("push_title", sa.Text(), nullable=False),
        sa.Column("push_message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
        sa.UniqueConstraint("name_key", name="uq_template_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "script",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_script"),
        sa.UniqueConstraint("name_key", name="uq_script_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("emails", sa.Text(), nullable=False),
        sa.Column("phones", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("name_key", name="uq_contact_name_key"),
        sqlite_autoincrement=True,
    )


def _history() -> None:
    op.create_table(
        "alert_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert_change"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_change_alert_id", "alert_change", ["alert_id"], unique=False)


def _blocks() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("length_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name="fk_block_alarm_id"),
        sa.PrimaryKeyConstraint("id", name="pk_block"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_block_alarm_id", "block", ["alarm_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("alert_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name="pk_report"),
    )


def _text(name: str, default: str = "") -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _whole(name: str, default: int) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text(str(default)))


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _last_id(table: str) -> int:
    """Give the highest id ever given on SQLite: a table that is made anew would begin after the highest that is left."""
    if op.get_context().dialect.name != "sqlite":
        return 0
    found = op.get_bind().execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}).scalar()
    return int(found or 0)


def _keep_last_id(table: str, last: int) -> None:
    if last:
        op.get_bind().execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
        op.get_bind().execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table, "last": last}
        )
