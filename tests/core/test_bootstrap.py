"""Test the pure parts of bootstrap.py and of its helpers in packaging/: no network, no apt-get, no real set-up."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str, file: Path) -> ModuleType:
    """Import a file that lies in no package."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    """Give bootstrap.py, which puts its helpers on the import path."""
    return load("bootstrap", ROOT / "bootstrap.py")


@pytest.fixture(scope="module")
def environment(bootstrap: ModuleType) -> ModuleType:
    """Give the helper that makes the virtual environment."""
    return sys.modules["environment"]


@pytest.fixture(scope="module")
def machine(bootstrap: ModuleType) -> ModuleType:
    """Give the helper that knows system packages."""
    return sys.modules["machine"]


@pytest.fixture(scope="module")
def checks(bootstrap: ModuleType) -> ModuleType:
    """Give the helper that runs the checks."""
    return importlib.import_module("checks")


# --- which commands open the window ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "window"),
    [
        ([], True),
        (["demo"], True),
        (["--profile", "folder"], True),
        (["--profile", "folder", "demo"], True),
        (["--profile", "demo", "watch"], False),
        (["--profile=folder"], True),
        (["watch", "--demo"], False),
        (["import", "demo"], False),
        (["query", "--factors", "asr_std"], False),
        (["backtest", "demo"], False),
        (["rules", "export"], False),
        (["doctor"], False),
        (["--help"], False),
        (["demo", "-h"], False),
        (["--version"], False),
        (["no-such-command"], False),
    ],
)
def test_only_the_demo_and_no_command_open_the_window(bootstrap: ModuleType, arguments: list[str], window: bool) -> None:
    assert bootstrap.needs_window(arguments) is window


@pytest.mark.parametrize(
    ("platform", "variables", "display"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("linux", {"QT_QPA_PLATFORM": "vnc:size=800x600"}, True),
        ("linux", {"QT_QPA_PLATFORM": "xcb"}, False),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_a_display_is_known_from_the_environment(
    bootstrap: ModuleType, platform: str, variables: dict[str, str], display: bool
) -> None:
    assert bootstrap.has_display(variables, platform) is display


def test_without_a_display_the_window_is_refused_with_the_way_out(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "has_display", lambda _: False)
    with pytest.raises(SystemExit) as ended:
        bootstrap.window_packages(["demo"])
    assert "python3 bootstrap.py run watch --demo" in str(ended.value)
    assert "\n" not in str(ended.value)
    assert bootstrap.window_packages(["watch", "--demo"]) == []


def test_a_wrong_command_shows_the_usage(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["fly"]) == 2
    assert "run [arguments]" in capsys.readouterr().err
    assert bootstrap.main(["--help"]) == 0
    assert "package" in capsys.readouterr().out


# --- what the machine lacks -----------------------------------------------------------------------------------------


def test_missing_packages_are_named_once_and_in_order(machine: ModuleType) -> None:
    needs = {"b.so.1": "second", "a.so.1": "first", "c.so.1": "second", "d": "here"}
    assert machine.missing_packages(needs, lambda what: what == "d") == ["first", "second"]
    assert machine.missing_packages(needs, lambda what: True) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the probes are for POSIX systems")
def test_programs_libraries_and_files_are_found_by_their_kind(
    machine: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "some-program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.is_here("some-program")
    assert not machine.is_here("another-program")
    assert machine.is_here(f"{tmp_path}/some-*")
    assert not machine.is_here(f"{tmp_path}/other-*")
    assert not machine.is_here("libno_such_library.so.99")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of Linux libraries")
def test_the_c_library_is_found(machine: ModuleType) -> None:
    assert machine.is_here("libc.so.6")


def test_a_font_is_found_in_any_depth(machine: ModuleType, tmp_path: Path) -> None:
    assert not machine.has_font([tmp_path, tmp_path / "absent"])
    (tmp_path / "truetype" / "dejavu").mkdir(parents=True)
    (tmp_path / "truetype" / "dejavu" / "README").touch()
    assert not machine.has_font([tmp_path])
    (tmp_path / "truetype" / "dejavu" / "Some.TTF").touch()
    assert machine.has_font([tmp_path])


@pytest.mark.skipif(sys.platform == "win32", reason="no apt-get there")
def test_the_command_to_install_by_hand_is_complete(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    assert machine.by_hand(["libgl1", "xvfb"]).endswith(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends libgl1 xvfb"
    )
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    assert "sudo" not in machine.by_hand(["libgl1"])


def test_without_apt_the_packages_are_named(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert machine.root_prefix() is None
    words = machine.by_hand(["libgl1", "xvfb"])
    assert "libgl1 xvfb" in words
    assert "apt-get" not in words


def test_what_may_be_left_out_says_why(machine: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "root_prefix", lambda: None)
    assert machine.install_optional({"no-such-program": "some-package"}).startswith("some-package would have")
    assert machine.install_optional({}) == ""
    monkeypatch.setattr(machine, "root_prefix", list)
    monkeypatch.setattr(machine, "apt_install", lambda prefix, packages: "first\nE: no such package")
    assert machine.install_optional({"no-such-program": "some-package"}).endswith("some-package: E: no such package")


def test_missing_system_packages_stop_with_the_command(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.machine, "root_prefix", lambda: None)
    environment.install_system([])
    with pytest.raises(SystemExit) as ended:
        environment.install_system(["libgl1"])
    assert "libgl1" in str(ended.value)


# --- the stamp ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a folder with requirement files and a finished environment of this Python."""
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "requirements-dev.txt").write_text("b==2\n")
    venv = tmp_path / "venv"
    (venv / "Lib" / "site-packages" / "pip").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = somewhere\nversion = {}.{}.{}\n".format(*sys.version_info))
    (venv / "python").touch()
    return tmp_path


def test_the_stamp_key_follows_the_pins_and_the_python(environment: ModuleType, tree: Path) -> None:
    def key(files: tuple[str, ...], version: str = "3.11.2") -> str:
        return str(environment.stamp_key(files, tree, version))

    run, dev = key(environment.RUN_FILES), key(environment.DEV_FILES)
    assert run == key(environment.RUN_FILES)
    assert run != dev
    assert run != key(environment.RUN_FILES, "3.12.0")
    (tree / "requirements-dev.txt").write_text("b==3\n")
    assert run == key(environment.RUN_FILES)
    assert dev != key(environment.DEV_FILES)
    (tree / "requirements.txt").write_text("a==2\n")
    assert run != key(environment.RUN_FILES)


def test_only_a_finished_set_up_of_the_same_key_counts(environment: ModuleType, tree: Path) -> None:
    venv, files = tree / "venv", environment.RUN_FILES

    def done(key: str = "key") -> bool:
        return bool(environment.is_set_up(files, key, venv, venv / "python"))

    assert not done()
    environment.stamp_path(files, venv).write_text("key")
    assert done()
    assert not done("another key")
    assert environment.stamp_path(environment.DEV_FILES, venv) != environment.stamp_path(files, venv)
    (venv / environment.UNFINISHED.name).touch()
    assert not done()
    (venv / environment.UNFINISHED.name).unlink()
    (venv / "python").unlink()
    assert not done()


def set_version(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text("version = 3.9.1\n")


def mark_unfinished(venv: Path) -> None:
    (venv / "setup-unfinished").touch()


def remove_python(venv: Path) -> None:
    (venv / "python").unlink()


def remove_settings(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()


@pytest.mark.parametrize("damage", [set_version, mark_unfinished, remove_python, remove_settings])
def test_a_damaged_environment_is_built_anew(environment: ModuleType, tree: Path, damage: Callable[[Path], None]) -> None:
    venv = tree / "venv"
    assert not environment.must_rebuild(venv, venv / "python")
    damage(venv)
    assert environment.must_rebuild(venv, venv / "python")


def test_an_environment_without_pip_uses_this_pythons_own(
    environment: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tree / "venv"
    python = venv / "python"
    assert environment.pip_command(venv, python) == [python, "-m", "pip"]
    (venv / "Lib" / "site-packages" / "pip").rmdir()
    monkeypatch.setattr(environment, "own_pip_is_able", lambda: True)
    assert environment.pip_command(venv, python)[1:] == ["-m", "pip", "--python", python]
    assert not environment.must_rebuild(venv, python)
    monkeypatch.setattr(environment, "own_pip_is_able", lambda: False)
    assert environment.pip_command(venv, python) == []
    assert environment.must_rebuild(venv, python)


def test_a_package_for_pip_is_asked_for_only_without_any_other_way(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "has_module", lambda name: name == "venv")
    monkeypatch.setattr(environment, "distribution_pip", lambda: None)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert environment.packages_for_pip() == ["python{}.{}-venv".format(*sys.version_info)]
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    assert environment.packages_for_pip() == ["python3-pip-whl"]
    monkeypatch.setattr(environment, "distribution_pip", lambda: Path("pip.whl"))
    assert environment.packages_for_pip() == []


def test_the_newest_wheel_of_the_distribution_is_found(environment: ModuleType, tmp_path: Path) -> None:
    assert environment.distribution_pip(tmp_path) is None
    (tmp_path / "pip-23.0.1-py3-none-any.whl").touch()
    (tmp_path / "setuptools-66.1.1-py3-none-any.whl").touch()
    assert environment.distribution_pip(tmp_path).name == "pip-23.0.1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("WARNING: Retrying: NewConnectionError('...')\nERROR: No matching distribution found for a==1", "network"),
        ("WARNING: SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')\nERROR: No matching distribution", "PIP_CERT"),
        ("ERROR: No matching distribution found for a==1", "No matching distribution found for a==1"),
        ("Traceback\nOSError: No space left on device\n\n", "No space left on device"),
        ("", "it gave no reason"),
    ],
)
def test_a_failure_of_pip_becomes_one_sentence(environment: ModuleType, words: str, sentence: str) -> None:
    told = environment.pip_failure(words)
    assert sentence in told
    assert "\n" not in told
    assert "!" not in told


def test_pip_is_kept_inside_the_environment(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    monkeypatch.setenv("PIP_CERT", "bundle.pem")
    variables = environment.pip_environment()
    assert variables["PIP_USER"] == "0"
    assert "PIP_TARGET" not in variables
    assert variables["PIP_CERT"] == "bundle.pem"


# --- the test command -----------------------------------------------------------------------------------------------


def test_places_and_options_go_to_the_right_suites(checks: ModuleType, tmp_path: Path) -> None:
    for folder in ("tests/core", "tests/ui", "tests/end2end", "tests/live"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/core/test_a.py").touch()
    places, options = checks.split_arguments(["-k", "foo", "tests/core/test_a.py::test_b", "-x"], tmp_path)
    assert places == ["tests/core/test_a.py::test_b"]
    assert options == ["-k", "foo", "-x"]
    inside, screen, live = checks.SUITES
    assert checks.targets(inside, places, tmp_path) == places
    assert checks.targets(screen, places, tmp_path) == []
    assert checks.targets(inside, ["tests"], tmp_path) == ["tests/core", "tests/ui"]
    assert checks.targets(live, [], tmp_path) == ["tests/live"]


@pytest.mark.parametrize(
    ("codes", "selected", "expected"),
    [
        ({"ruff": 0, "core and window tests": 0, "end-to-end tests": 0}, False, 0),
        ({"ruff": 1, "core and window tests": 0}, False, 1),
        ({"ruff": 5, "core and window tests": 0}, True, 1),
        ({"core and window tests": 1, "end-to-end tests": 0}, True, 1),
        ({"core and window tests": 0, "end-to-end tests": 5}, False, 1),
        ({"core and window tests": 0, "end-to-end tests": 5}, True, 0),
        ({"core and window tests": 5, "end-to-end tests": 5}, True, 1),
    ],
)
def test_one_failure_fails_the_whole(checks: ModuleType, codes: dict[str, int], selected: bool, expected: int) -> None:
    summary, code = checks.verdict(codes, selected)
    assert code == expected
    assert ("FAILED" in summary) is bool(expected)


# --- the pins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_exact_and_names_no_index(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert len(pins) > 20
    assert all(re.fullmatch(r'[a-z0-9-]+==[0-9][0-9a-z.]*( ; [a-z_]+ [=<]=? "[a-z0-9.]+")?', pin) for pin in pins)
