"""Call files: every layout and encoding, damage of every kind, and positions that go on where they stopped."""

import gzip
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from noc_alerts.metrics.columns import MICRO, NO_TIME, Calls
from noc_alerts.model.companies import Dimension
from noc_alerts.model.errors import BadInput, SwitchUnreachable
from noc_alerts.switches import call_files_text
from noc_alerts.switches.call_files import CallFile, CallFiles
from noc_alerts.switches.call_files_map import ColumnMap
from noc_alerts.switches.protocol import PAGE_ROWS, Page

DATA = Path(__file__).parents[2] / "data" / "kamailio_incident_sample.csv.gz"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OWN = ColumnMap()
PLAIN = gzip.decompress(DATA.read_bytes())
HEADER, *LINES = PLAIN.decode().splitlines(keepends=True)


def read(path: Path, columns: ColumnMap = OWN, complete: bool = True) -> tuple[list[str], list[tuple[str, str]]]:
    """Read a whole file: record ids, and (where, reason) of what is bad."""
    pages = list(CallFile(path, columns).pages(NOW, complete=complete))
    ids = [record for page in pages for record in page.calls.ids]
    return ids, [(bad.where, bad.reason) for page in pages for bad in page.bad]


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def one_page(pages: Sequence[Page]) -> Calls:
    assert len(pages) == 1
    return pages[0].calls


# ---------------------------------------------------------------- the program's own columns


def test_the_sample_is_read_exactly() -> None:
    calls = one_page(list(CallFile(DATA, OWN).pages(NOW)))
    assert len(calls) == 2000
    first = HEADER.strip().split(","), LINES[0].strip().split(",")
    row = dict(zip(*first, strict=True))
    assert calls.ids[0] == "b01bc857998e2df0:126"
    assert calls.setup_ms[0] == int(datetime.fromisoformat(row["setup_time"]).timestamp() * 1000 + 0.5)
    assert calls.pdd_ms[0] == 1777
    assert calls.talk_ms[0] == 25025
    assert calls.cost_u[0] == 3900
    assert {dim: column[0] for dim, column in calls.text.items()} == {
        Dimension.CLIENT: "acme", Dimension.GATEWAY: "bravo", Dimension.CODE: "44", Dimension.SRC: "4404",
        Dimension.DST: "447400248213", Dimension.SERVICE: "calls", Dimension.CURRENCY: "USD",
    }  # fmt: skip
    cost = sum(Decimal(line.split(",")[14]) for line in LINES)
    assert int(calls.cost_u.sum()) == cost * MICRO
    talk = sum(Decimal(line.split(",")[5]) for line in LINES)
    assert int(calls.talk_ms.sum()) == talk * 1000
    assert int((calls.answer_ms != NO_TIME).sum()) == sum(1 for line in LINES if line.split(",")[2])
    assert int((calls.pdd_ms == NO_TIME).sum()) == sum(1 for line in LINES if not line.split(",")[4])


def test_many_pages_of_whole_columns_and_of_single_rows_are_the_same(tmp_path: Path) -> None:
    body = "".join(LINES) * 4
    fast = write(tmp_path / "fast.csv", HEADER + body)
    quoted = write(tmp_path / "slow.csv", HEADER + body.replace(",OK,", ',"OK",'))
    crlf = write(tmp_path / "crlf.csv", (HEADER + body).replace("\n", "\r\n"))
    ids, bad = read(fast)
    assert len(ids) == 8000
    assert bad == []
    assert read(quoted) == (ids, [])
    assert read(crlf) == (ids, [])
    pages = list(CallFile(fast, OWN).pages(NOW))
    assert [len(page.calls) for page in pages] == [PAGE_ROWS, PAGE_ROWS, 2000]
    assert [page.progress for page in pages] == ["3,000 records of fast.csv", "6,000 records of fast.csv", ""]


def test_two_files_with_the_same_row_ids_do_not_collide(tmp_path: Path) -> None:
    other = HEADER + "".join(line.replace(line.split(",")[15], f"{i:016x}") for i, line in enumerate(LINES))
    assert set(read(DATA)[0]).isdisjoint(read(write(tmp_path / "other.csv", other))[0])


def test_no_gateway_when_the_switch_refused_itself(tmp_path: Path) -> None:
    calls = one_page(list(CallFile(write(tmp_path / "a.csv", HEADER + LINES[0].replace("bravo", "-")), OWN).pages(NOW)))
    assert calls.text[Dimension.GATEWAY] == [""]


def test_without_id_columns_the_row_is_the_name(tmp_path: Path) -> None:
    def cut(line: str) -> str:
        return ",".join(line.strip().split(",")[:15]) + "\n"

    rows = [cut(LINES[0]), cut(LINES[1]), cut(LINES[1]), cut(LINES[2])]
    path = write(tmp_path / "a.csv", cut(HEADER) + "".join(rows))
    ids, _ = read(path)
    assert len(set(ids)) == 4, "two equal rows are two attempts"
    assert read(path)[0] == ids
    assert set(read(write(tmp_path / "b.csv", cut(HEADER) + rows[3] + rows[0]))[0]) == {ids[3], ids[0]}


# ---------------------------------------------------------------- damage


def test_bad_rows_cost_themselves_only(tmp_path: Path) -> None:
    good = LINES[:10]
    bad = [
        changed(LINES[10], setup_time="2026-02-30T19:58:00.000Z"),
        "half a row,2026\n",
        changed(LINES[11], duration_s="-3"),
        LINES[12].replace("2026-", "2036-"),
        changed(LINES[13], setup_time=""),
        changed(LINES[14], cost_usd="free"),
    ]
    ids, told = read(write(tmp_path / "a.csv", HEADER + "".join(good[:5] + bad + good[5:])))
    assert ids[:5] == read_ids(good[:5])
    assert ids[-5:] == read_ids(good[5:])
    reasons = dict(told)
    assert "is not a time" in reasons["a.csv line 7"]
    assert reasons["a.csv line 8"] == "2 fields where the header has 17"
    assert reasons["a.csv line 9"] == "negative duration"
    assert reasons["a.csv line 10"] == "from the future"
    assert "no setup time" in reasons["a.csv line 11"]
    assert 'cost_usd: "free" is not a number' in reasons["a.csv line 12"]


def changed(line: str, **values: str) -> str:
    row = dict(zip(HEADER.strip().split(","), line.strip().split(","), strict=True))
    return ",".join((row | values).values()) + "\n"


def read_ids(lines: Sequence[str]) -> list[str]:
    return [":".join(line.strip().split(",")[15:17]) for line in lines]


def test_a_bad_row_in_a_long_plain_file_has_its_line(tmp_path: Path) -> None:
    lines = LINES * 2
    lines[3500] = lines[3500].replace("2026-", "20x6-", 1)
    ids, told = read(write(tmp_path / "a.csv", HEADER + "".join(lines)))
    assert len(ids) == 3999
    assert [where for where, _ in told] == ["a.csv line 3502"]


def test_quotes_and_line_breaks_in_fields(tmp_path: Path) -> None:
    odd = LINES[1].replace(",OK,", ',"not ""here"",\r\nreally",').replace("Service Unavailable", '"a\nb"')
    path = write(tmp_path / "a.csv", HEADER + LINES[0] + odd + "\n\n" + LINES[2] + "broken\n")
    ids, told = read(path)
    assert ids == read_ids(LINES[:3])
    assert told == [(f"a.csv line {6 + odd.count(chr(10))}", "1 fields where the header has 17")]


@pytest.mark.parametrize("at", [0, 5, 9])
def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path, at: int) -> None:
    lines = list(LINES[:10])
    lines[at] = lines[at].replace(",acme,", ',"acme,').replace(",globex,", ',"globex,').replace(",initech,", ',"initech,')
    lines[at] = lines[at].replace(",umbrella,", ',"umbrella,')
    ids, told = read(write(tmp_path / "a.csv", HEADER + "".join(lines)))
    assert ids == read_ids(LINES[:at] + LINES[at + 1 : 10])
    assert told == [(f"a.csv line {at + 2}", "a quote is opened and never closed")]


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_truncated_gzip_gives_what_is_there(tmp_path: Path, share: float) -> None:
    packed = gzip.compress((HEADER + "".join(LINES * 3)).encode())
    ids, told = read(write(tmp_path / "a.csv", packed[: int(len(packed) * share)]))
    assert 100 < len(ids) < 6000
    assert ids == read_ids(LINES * 3)[: len(ids)]
    assert told == [(f"a.csv line {len(ids) + 2}", call_files_text.TRUNCATED)]


def test_a_gzip_cut_in_its_header_is_told(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.gz", DATA.read_bytes()[:12])) == ([], [("a.gz line 1", call_files_text.TRUNCATED)])


def test_a_damaged_gzip_gives_what_is_before(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress((HEADER + "".join(LINES * 3)).encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = b"\xff" * 200
    ids, told = read(write(tmp_path / "a.csv.gz", bytes(packed)))
    assert told[-1][1] in (call_files_text.DAMAGED, call_files_text.TRUNCATED)
    assert ids[:500] == read_ids(LINES * 3)[:500]


def test_gzip_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    assert len(read(write(tmp_path / "calls.csv", DATA.read_bytes()))[0]) == 2000
    assert len(read(write(tmp_path / "calls.csv.gz", PLAIN))[0]) == 2000


@pytest.mark.parametrize("text", ["", HEADER, HEADER.strip(), "\n\n"])
def test_empty_files_give_nothing(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path / "a.csv", text)) == ([], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings(tmp_path: Path, encoding: str, packed: bool) -> None:
    raw = (HEADER + "".join(LINES[:50]).replace("acme", "Müller")).encode(encoding)
    path = write(tmp_path / "a.csv", gzip.compress(raw) if packed else raw)
    file = CallFile(path, OWN)
    calls = one_page(list(file.pages(NOW)))
    assert calls.ids == read_ids(LINES[:50])
    assert set(calls.text[Dimension.CLIENT]) == {"Müller", "globex", "initech", "umbrella"} & set(calls.text[Dimension.CLIENT])
    assert "Müller" in calls.text[Dimension.CLIENT]
    assert bool(file.notes) == (encoding not in ("utf-8", "utf-8-sig"))


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "start,setup_time,customer,carrier\n1,2,3,4\n")
    with pytest.raises(BadInput, match=r"no column answer_time, end_time, sip_code; it has start, setup_time, cust"):
        read(path)
    with pytest.raises(BadInput, match="parted by semicolons"):
        read(write(tmp_path / "b.csv", HEADER.replace(",", ";")))
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "nowhere.csv")


# ---------------------------------------------------------------- as a connection


def poll(switch: CallFiles, cursor: str | None, now: datetime | None = None) -> tuple[list[str], list[str], str | None]:
    ids: list[str] = []
    bad: list[str] = []
    for page in switch.pages(cursor, now or datetime.now(UTC) + timedelta(hours=1)):
        ids += page.calls.ids
        bad += [f"{it.where}: {it.reason}" for it in page.bad]
        cursor = page.cursor
    return ids, bad, cursor


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_grown_and_new_files_are_read_from_where_it_was(tmp_path: Path, encoding: str) -> None:
    first = write(tmp_path / "a.csv", (HEADER + "".join(LINES[:100])).encode(encoding))
    switch = CallFiles({"path": str(tmp_path)})
    ids, bad, cursor = poll(switch, None)
    assert (ids, bad) == (read_ids(LINES[:100]), [])
    assert poll(switch, cursor) == ([], [], cursor)
    more = "".join(LINES[100:150]).encode("utf-16-le" if encoding == "utf-16" else "utf-8")  # no second mark
    with first.open("ab") as file:
        file.write(more)
    write(tmp_path / "b.csv.gz", gzip.compress((HEADER + "".join(LINES[150:160])).encode()))
    ids, bad, cursor = poll(CallFiles({"path": str(tmp_path)}), cursor)
    assert (ids, bad) == (read_ids(LINES[100:160]), [])
    assert poll(switch, cursor)[0] == []


def test_reading_goes_on_in_the_middle_of_a_long_file(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", HEADER + "".join(LINES * 4))
    switch = CallFiles({"path": str(tmp_path / "*.csv")})
    pages = list(switch.pages(None, NOW))
    ids = [record for page in pages for record in page.calls.ids]
    again, _, _ = poll(switch, pages[0].cursor)
    assert again == ids[PAGE_ROWS:]


def test_a_line_that_is_still_being_written_waits(tmp_path: Path) -> None:
    third = changed(LINES[2], sip_reason='"two\nlines"')
    whole = HEADER + LINES[0] + LINES[1] + third.rstrip("\n")
    path = tmp_path / "a.csv"
    now = datetime.now(UTC)
    switch = CallFiles({"path": str(path)})
    cursor: str | None = None
    for written, wanted in (
        (len(HEADER) - 5, []),
        (len(HEADER + LINES[0]) + 40, LINES[:1]),
        (len(HEADER + LINES[0] + LINES[1]) + 10, LINES[1:2]),
        (len(HEADER + LINES[0] + LINES[1]) + third.index("\n") + 3, []),
        (len(whole), []),
    ):
        write(path, whole[:written])
        ids, bad, cursor = poll(switch, cursor, now)
        assert (ids, bad) == (read_ids(wanted), [])
    # a settled file is complete
    assert poll(switch, cursor, now + timedelta(minutes=2))[:2] == (read_ids(LINES[2:3]), [])


def test_a_gzip_that_is_still_being_written_waits(tmp_path: Path) -> None:
    packed = gzip.compress((HEADER + "".join(LINES)).encode())
    path = write(tmp_path / "a.csv.gz", packed[: len(packed) // 2])
    now = datetime.now(UTC)
    switch = CallFiles({"path": str(path)})
    first, bad, cursor = poll(switch, None, now)
    assert bad == []
    assert 0 < len(first) < 2000
    write(path, packed)
    ids, bad, cursor = poll(switch, cursor, now)
    assert (first + ids, bad) == (read_ids(LINES), [])


def test_a_file_of_the_same_name_is_a_new_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "".join(LINES[:100]))
    switch = CallFiles({"path": str(path)})
    _, _, cursor = poll(switch, None)
    write(path, HEADER + "".join(LINES[200:400]))
    assert poll(switch, cursor)[0] == read_ids(LINES[200:400])


def test_an_unreadable_file_is_told_once_and_stops_no_other(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "name,address\nx,y\n")
    write(tmp_path / "b.csv", HEADER + LINES[0])
    switch = CallFiles({"path": str(tmp_path)})
    ids, bad, cursor = poll(switch, None)
    assert ids == read_ids(LINES[:1])
    assert len(bad) == 1
    assert "a.csv was not read: it has no column" in bad[0]
    assert poll(switch, cursor)[:2] == ([], [])
    path = write(tmp_path / "a.csv", HEADER + LINES[1])
    os.utime(path, ns=(1, 1))
    assert poll(switch, cursor)[0] == read_ids(LINES[1:2])


def test_state_check_and_close(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", (HEADER + LINES[0].replace("acme", "Müller")).encode("latin-1"))
    switch = CallFiles({"path": str(tmp_path)})
    steps = [(step.ok, step.answer) for step in switch.check(NOW)]
    assert steps == [(True, "1 found"), (True, "1 records of the first page can be read")]
    poll(switch, None)
    state = switch.state(NOW)
    assert state.live is None
    assert state.companies is None
    assert state.notes == ("a.csv: 1 lines are not UTF-8 and were read as Latin-1.",)
    switch.close()
    write(tmp_path / "a.csv", "name\nx\n")
    assert [step.ok for step in switch.check(NOW)] == [True, False]


def test_wrong_settings(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        CallFiles({"path": " "})
    with pytest.raises(SwitchUnreachable, match="no call file"):
        list(CallFiles({"path": str(tmp_path / "nowhere")}).pages(None, NOW))
    assert [step.ok for step in CallFiles({"path": str(tmp_path)}).check(NOW)] == [False]


def test_the_truth_beside_the_sample() -> None:
    truth = json.loads((DATA.parent / "kamailio_incident_sample.truth.json").read_text())
    (incident,) = truth["incidents"]
    calls = one_page(list(CallFile(DATA, OWN).pages(NOW)))
    begin, end = (int(datetime.fromisoformat(incident[key]).timestamp() * 1000) for key in ("from", "to"))
    during = (calls.setup_ms >= begin) & (calls.setup_ms < end)
    bravo = [name == "bravo" for name in calls.text[Dimension.GATEWAY]]
    hit = calls.take(during & bravo)
    assert len(hit) == 294
    assert round(100 * int((hit.answer_ms != NO_TIME).sum()) / len(hit), 1) == 5.4
