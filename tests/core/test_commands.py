"""The commands as a person or a script uses them: what they print where, and their exit codes (DESIGN section 7)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from noc_alerts.cli import main
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.store import open_store

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "kamailio_incident_sample.csv.gz"
DAY = ("--from", "2026-11-21", "--to", "2026-11-22")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "profile"
    assert main(["--profile", str(folder), "import", str(DATA)]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], profile: Path, *args: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = main(["--profile", str(profile), *args])
    except SystemExit as error:
        code = int(error.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_json_has_the_promised_shape(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    args = ("query", "--factors", "asr < 60; records_total > 10", "--group-by", "gateway", *DAY, "--json")
    code, out, err = run(capsys, profile, *args)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert list(told) == ["from", "to", "clock", "group_by", "rows"]
    assert (told["from"], told["to"], told["group_by"]) == ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", ["gateway"])
    groups = [row["group"]["gateway"] for row in told["rows"]]
    assert groups == sorted(groups)
    for row in told["rows"]:
        assert list(row) == ["group", "factors", "matched"]
        assert set(row["factors"]) == set(FACTORS)
        assert row["matched"] is (row["factors"]["asr"] < 60 and row["factors"]["records_total"] > 10)


def test_json_side_by_side_has_both_periods_and_the_difference(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    later = ("--from", "2026-11-21T20:02:00Z", "--to", "2026-11-21T20:04:00Z", "--offset", "2m")
    args = ("query", "--factors", "records_total_diff > -100", "--group-by", "gateway", *later, "--json")
    rows = json.loads(run(capsys, profile, *args)[1])["rows"]
    assert rows
    for row in rows:
        f = row["factors"]
        assert set(f) == {name + suffix for name in FACTORS for suffix in ("", "_1", "_2", "_diff")}
        assert f["records_total"] == f["records_total_1"]
        expected = (f["asr_1"] - f["asr_2"]) / abs(f["asr_2"]) * 100
        assert f["asr_diff"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("query", "--factors", "asr << 3", *DAY), "at column 6"),
        (("query", "--factors", "nope < 3", *DAY), "at column 1"),
        (("query", "--factors", "asr < 3; asr_diff > 1", *DAY), "--offset"),
        (("query", "--factors", "asr < 3", "--from", "0001-01-01T00:00:00+14:00", "--to", "2026-11-22"), "is no time"),
        (("query", "--factors", "asr < 3", "--from", "0001-01-01", "--to", "2026-11-22", "--offset", "7d"), "out of range"),
        (("query", "--factors", "asr < 3", *DAY, "--offset", "99999999999999d"), "too long"),
        (("query", "--factors", "asr < 3", *DAY, "--clock", "moon"), "--clock"),
        (("query", "--factors", "asr < 3", *DAY, "--switch", "nobody"), "Imported call records"),
        (("query", "--factors", "asr < 3", "--from", "2026-11-21"), "--to"),
        (("bogus",), "bogus"),
        (("watch", "--for", "1x"), "is no time span"),
        (("watch", "--demo", "--for", "99999999999d"), "too long"),
        (("watch", "--for", "1s"), "No switch is connected"),
        (("import", "not there.csv"), "not there.csv"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], profile: Path, args: tuple[str, ...], says: str
) -> None:
    code, out, err = run(capsys, profile, *args)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("noc-alerts")
    assert says in err


def test_the_same_period_with_a_zone_in_summer_and_naive(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    shapes = (("2026-11-21T20:00:00Z", "2026-11-21T20:05:00Z"), ("2026-11-21T22:00:00+02:00", "2026-11-21T20:05:00"))
    answers = [run(capsys, profile, "query", "--factors", "asr < 99", "--from", a, "--to", b, "--json")[1] for a, b in shapes]
    assert answers[0] == answers[1]


def test_big_counts_are_written_whole(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    from noc_alerts.commands.query import _cell

    assert [_cell(v) for v in (12345678, 43.60000001, 0.0, None, 1e9)] == ["12345678", "43.6", "0", "none", "1000000000"]
    assert "2000" in run(capsys, profile, "query", "--factors", "asr < 99", *DAY)[1]


def command(profile: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "noc_alerts", "--profile", str(profile), *args]


def test_a_reader_that_goes_away_is_no_traceback(profile: Path) -> None:
    args = command(profile, "query", "--factors", "asr < 99", "--group-by", "dst,src", *DAY, "--json")
    process = subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(20), err) == (1, b"")


def watched(folder: Path) -> Path:
    """Make a profile with a switch that nobody answers at."""
    store = open_store(folder)
    options = {"base_url": "http://127.0.0.1:9", "auth": "token"}
    store.connections.save(Connection(None, "silent", SwitchKind.CONNEXCS, options))
    store.close()
    return folder


def test_watch_ends_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    env = {**os.environ, "NO_COLOR": "1"}
    process = subprocess.Popen(
        command(watched(tmp_path), "watch"),
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    seen = b""
    while b"blind" not in seen:
        seen += process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(20) == 0
    assert time.monotonic() - began < 10
    assert b"Traceback" not in process.stderr.read()
    process.stdout.close()
    process.stderr.close()


def test_watch_ends_when_nobody_reads_its_lines(tmp_path: Path) -> None:
    process = subprocess.Popen(command(watched(tmp_path), "watch"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    process.wait(30)
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()


def test_doctor_without_a_network_says_what_does_not_work(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, watched(tmp_path), "doctor")
    assert (code, err) == (1, "")
    assert "silent" in out and "not set up" in out
