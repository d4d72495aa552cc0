"""`noc-alerts rules export|import` as a person or a script uses it."""

import os
import pty
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from noc_alerts.cli import main
from noc_alerts.store import open_store

ROOT = Path(__file__).parents[2]
LOW = """\
noc_alerts: 1
alerts:
- title: Low ASR warning
  company: all carriers
  area: ASR
  operator: <=
  threshold: 30
  sample_period: 30 min
"""


def run(capsys: pytest.CaptureFixture[str], profile: Path, *args: str) -> tuple[int, str, str]:
    """Give exit code, output and errors of a command."""
    capsys.readouterr()
    try:
        code = main(["--profile", str(profile), "rules", *args])
    except SystemExit as error:
        code = int(error.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def titles(profile: Path) -> list[str]:
    """Give the titles of the alerts in a profile."""
    store = open_store(profile)
    try:
        return [alert.title for alert in store.alerts.all()]
    finally:
        store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a rules file with one alert."""
    path = tmp_path / "rules.yaml"
    path.write_text(LOW)
    return path


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Give an empty profile."""
    folder = tmp_path / "profile"
    folder.mkdir()
    return folder


def test_rules_go_out_and_come_back(capsys: pytest.CaptureFixture[str], profile: Path, file: Path) -> None:
    assert run(capsys, profile, "import", str(file), "--yes") == (0, "new      Low ASR warning\nImported: 1 change.\n", "")
    out = file.with_name("out.yaml")
    assert run(capsys, profile, "export", str(out)) == (0, f"1 alerts written to {out}.\n", "")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run(capsys, profile, "import", str(out)) == (0, "same     1 thing of the file\nNothing would change.\n", "")
    file.write_text(LOW.replace("30\n", "35\n"))
    code, said, err = run(capsys, profile, "import", str(file), "--dry-run")
    assert (code, err) == (0, "")
    assert said == "changed  Low ASR warning: threshold 30 % -> 35 %\nNothing was imported: this was a dry run.\n"
    store = open_store(profile)
    low = store.alerts.all()[0]
    assert low.threshold == 30
    store.close()
    assert run(capsys, profile, "import", str(file), "--yes")[0] == 0
    store = open_store(profile)
    assert store.alerts.all() == [replace(low, threshold=35.0)]
    assert [bool(c.who) for c in store.alerts.history(low.id or 0)] == [True, True]
    store.close()


def test_an_export_keeps_the_rights_of_the_file_it_replaces(
    capsys: pytest.CaptureFixture[str], profile: Path, tmp_path: Path
) -> None:
    target, link = tmp_path / "shared.yaml", tmp_path / "link.yaml"
    target.write_text("old")
    target.chmod(0o644)
    link.symlink_to(target)
    assert run(capsys, profile, "export", str(link))[0] == 0
    assert link.is_symlink()
    assert target.read_text().endswith("noc_alerts: 1\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.yaml", "profile", "shared.yaml"]


def test_without_a_terminal_yes_is_wanted(capsys: pytest.CaptureFixture[str], profile: Path, file: Path) -> None:
    code, out, err = run(capsys, profile, "import", str(file))
    assert (code, out) == (2, "new      Low ASR warning\n")
    assert err == "noc-alerts: Nothing was imported: there is no terminal to ask at. Add --yes to import without being asked.\n"
    assert titles(profile) == []


def test_a_wrong_file_is_said_line_by_line(capsys: pytest.CaptureFixture[str], profile: Path, file: Path) -> None:
    file.write_text(LOW.replace("30 min", "soon").replace("area", "aera"))
    code, out, err = run(capsys, profile, "import", str(file), "--yes")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.split(":")[1] for line in lines[:-1]] == [" Line 3", " Line 5", " Line 8"]
    assert lines[-1] == "noc-alerts: Nothing was imported."
    assert titles(profile) == []


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("import", "nowhere.yaml"), 2, "nowhere.yaml could not be read (No such file or directory)."),
        (("import", "."), 2, "could not be read (Is a directory)."),
        (("export", "/nowhere/rules.yaml"), 1, "was not written (No such file or directory)"),
        (("import", "a.yaml", "--yes", "--dry-run"), 2, "not allowed with"),
        (("import",), 2, "FILE"),
        ((), 2, "export|import"),
    ],
)
def test_wrong_use_is_one_line(
    capsys: pytest.CaptureFixture[str], profile: Path, args: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = run(capsys, profile, *args)
    assert (found, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def process(profile: Path, *args: str) -> list[str]:
    """Give the command line of a process of its own."""
    return [sys.executable, "-m", "noc_alerts", "--profile", str(profile), "rules", *args]


def test_through_pipes(profile: Path, tmp_path: Path) -> None:
    taken = subprocess.run(
        process(profile, "import", "-", "--yes"), input=LOW.encode(), capture_output=True, cwd=ROOT, timeout=60, check=True
    )
    assert taken.stdout.decode().splitlines() == ["new      Low ASR warning", "Imported: 1 change."]
    given = subprocess.run(process(profile, "export", "-"), capture_output=True, cwd=ROOT, timeout=60, check=True)
    assert given.stderr == b""
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(process(other, "import", "-", "--yes"), input=given.stdout, cwd=ROOT, timeout=60, check=True)
    assert titles(other) == ["Low ASR warning"]


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code", "last"), [("y\n", 0, "Imported: 1 change."), ("\n", 1, "Nothing was imported.")])
def test_at_a_terminal_it_asks(profile: Path, file: Path, answer: str, code: int, last: str) -> None:
    ours, theirs = pty.openpty()
    try:
        asked = subprocess.Popen(process(profile, "import", str(file)), stdin=theirs, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        with asked:
            os.write(ours, answer.encode())
            out, _ = asked.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert asked.returncode == code
    assert "Import this? [y/N] " in out
    assert out.splitlines()[-1].endswith(last)
    assert titles(profile) == (["Low ASR warning"] if code == 0 else [])
