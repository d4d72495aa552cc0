"""Readings, and letting go of what is old."""

from datetime import timedelta
from pathlib import Path

from store_samples import NOW, NOW_MS, assert_same, make_page

from noc_alerts.model.companies import CompanyKind, Reading, ReadingKind
from noc_alerts.model.connections import BadRecord, Clock
from noc_alerts.store import Store, open_store
from noc_alerts.store.pages import cut, join

MINUTE = timedelta(minutes=1)
AT = NOW.replace(microsecond=123_000)
ALL = (0, 2**62)
DAY_MS = 86_400_000


def balance(value: float, minutes: float, name: str = "acme") -> Reading:
    """Make a balance read some minutes after AT."""
    return Reading(1, ReadingKind.BALANCE, CompanyKind.CUSTOMER, name, value, AT + minutes * MINUTE, "USD")


def test_unchanged_readings_are_kept_every_five_minutes_and_the_last_always(store: Store) -> None:
    for reading in (balance(5.5, 0), balance(5.5, 1), balance(5.0, 2), balance(5.0, 4), balance(5.0, 7), balance(5.0, 8)):
        store.calls.add_readings([reading])
    channels = Reading(1, ReadingKind.CHANNELS, None, "", 12, AT)
    store.calls.add_readings([balance(1, 0, "globex"), balance(1, 1, "globex"), balance(2, 1.5, "globex"), channels])
    store.calls.add_readings([])

    def history(name: str, until: float = 99) -> list[tuple[int, float]]:
        return store.calls.readings(1, ReadingKind.BALANCE, CompanyKind.CUSTOMER, name, AT, AT + until * MINUTE)

    assert history("acme") == [(NOW_MS, 5.5), (NOW_MS + 120_000, 5.0), (NOW_MS + 420_000, 5.0)]
    assert history("acme", 7) == [(NOW_MS, 5.5), (NOW_MS + 120_000, 5.0)]
    assert history("globex") == [(NOW_MS, 1.0), (NOW_MS + 90_000, 2.0)]
    assert store.calls.last_readings(1) == [balance(5.0, 8), balance(2, 1.5, "globex"), channels]
    store.calls.add_readings([balance(9, 3)])  # comes late
    assert store.calls.last_readings(1)[0] == balance(5.0, 8)
    assert (NOW_MS + 180_000, 9.0) in history("acme")
    assert store.calls.last_readings(2) == []


def test_old_records_go_by_the_age_of_their_end(store: Store, tmp_path: Path) -> None:
    old, new = make_page(0, 900, step_ms=60_000), make_page(10_000, 900)
    mixed = join([cut(page, i, i + 50) for i in range(0, 900, 50) for page in (new, old)])
    store.calls.ingest(1, mixed, "x", [BadRecord("line 1", "old")], NOW - timedelta(days=9))
    store.calls.ingest(2, old, "x", [BadRecord("line 2", "new")], NOW)
    store.calls.add_readings([balance(5.5, -2 * 24 * 60), balance(6.5, 0)])
    cutoff = NOW_MS + 30_000_000
    removed = store.calls.prune(AT + timedelta(milliseconds=30_000_000) + timedelta(days=1), timedelta(days=1), 2**40)
    gone = int((old.end_ms < cutoff).sum())
    assert removed == gone + int((mixed.end_ms < cutoff).sum())
    found = list(store.calls.read([1], *ALL, clock=Clock.END))
    assert_same(join(found), mixed.take(mixed.end_ms >= cutoff))
    assert store.calls.count(2) == 900 - gone
    assert store.calls.bad(1, 9) == []
    assert store.calls.bad_count(1) == 1
    assert len(store.calls.last_readings(1)) == 1
    assert store.calls.readings(1, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme", AT - 9999 * MINUTE, AT + MINUTE) == []
    # what is gone is unknown again, what stays is known, before and after a restart
    for opened in (store, open_store(tmp_path)):
        mask = opened.calls.ingest(2, old.take(old.end_ms >= cutoff), "y", (), NOW)
        assert not mask.any()
    assert store.calls.ingest(2, old.take(old.end_ms < cutoff), "y", (), NOW).all()
    opened.close()


def test_the_oldest_go_until_the_file_is_small_enough_and_it_shrinks(store: Store, tmp_path: Path) -> None:
    pages = [make_page(i * 3000, 3000, start_ms=NOW_MS - 30 * DAY_MS) for i in range(20)]
    for i in (*range(10, 20), *range(10)):  # not in the order of time
        store.calls.ingest(1 + i % 2, pages[i], "x", (), NOW)
    store.calls.prune(NOW, timedelta(days=999), 2**40)
    size, on_disk = store.calls.size_bytes(), (tmp_path / "calls.db").stat().st_size
    assert abs(size - on_disk) <= 2 * 8192
    removed = store.calls.prune(NOW, timedelta(days=999), size // 2)
    assert size * 0.4 < store.calls.size_bytes() < size // 2
    assert (tmp_path / "calls.db").stat().st_size < on_disk * 0.55
    first, last = store.calls.span([1, 2]) or (0, 0)
    assert removed == 60_000 - store.calls.count(1) - store.calls.count(2)
    assert last == max(int(p.end_ms.max()) for p in pages)
    assert first == int(pages[removed // 3000].end_ms.min())
    assert store.calls.prune(NOW, timedelta(days=999), 0) == 60_000 - removed
    assert store.calls.span([1, 2]) is None
    assert store.calls.cursor(1) == "x"
