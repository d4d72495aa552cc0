"""Settings in noc.db: texts under keys. Any thread."""

import sqlalchemy as sa

from noc_alerts.store.database import Database
from noc_alerts.store.tables import Family, bump_revision, read_revision, setting


class Settings:
    """Texts under keys; what they mean is not the store's business. Never a secret."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, key: str) -> str | None:
        """Give the text, None when it was never set."""
        with self._db.read() as conn:
            return conn.scalar(sa.select(setting.c.text).where(setting.c.key == key))

    def set(self, key: str, text: str) -> None:
        """Keep a text; the revision grows only when it differs from what was there."""
        with self._db.write() as conn:
            before = conn.scalar(sa.select(setting.c.text).where(setting.c.key == key))
            if before == text:
                return
            if before is None:
                conn.execute(setting.insert().values(key=key, text=text))
            else:
                conn.execute(setting.update().where(setting.c.key == key).values(text=text))
            bump_revision(conn, Family.SETTINGS)

    def revision(self) -> int:
        """Give a number that grows with every change of a setting."""
        with self._db.read() as conn:
            return read_revision(conn, Family.SETTINGS)
