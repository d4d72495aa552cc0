"""A child that writes rubbish, lies, hangs or dies: one sentence, never a trace, nothing left behind."""

import sys
import time
from pathlib import Path

import pytest
from script_tools import SHORT, Watcher, children

from noc_alerts.model.errors import ScriptError
from noc_alerts.scripts import process
from noc_alerts.scripts.runner import run

SOURCE = "function main() { return 1 }"
FRAME = "import sys, json, os\ndef say(b): os.write(1, len(b).to_bytes(4, 'big') + b)\n"


def told_by(program: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run with this Python program as the child, return the sentence of the error."""
    monkeypatch.setattr(process, "command", lambda: [sys.executable, "-I", "-S", "-c", program])
    with pytest.raises(ScriptError) as caught:
        run(SOURCE, {"calls": ["x" * 500_000]}, limits=SHORT)
    assert children() == []
    return str(caught.value)


@pytest.mark.parametrize(
    "program",
    [
        "print('Traceback: rubbish that is no frame')",
        "import os; os.write(1, b'\\0\\0')",
        "import os; os.write(1, (2**32 - 1).to_bytes(4, 'big') + b'x' * 100)",
        "import os; os.write(1, (100).to_bytes(4, 'big') + b'{}')",
        FRAME + "say(b'')",
        FRAME + "say(b'not json')",
        FRAME + "say(b'\\xff\\xfe')",
        FRAME + "say(b'[]')",
        FRAME + 'say(b\'{"t": "other"}\')',
        FRAME + 'say(b\'{"t": "result"}\')',
        FRAME + "say(b'[' * 200000)",
        FRAME + "say(json.dumps({'t': 'result', 'text': '[' * 200000}).encode())",
        FRAME + "say(json.dumps({'t': 'result', 'text': '{\"value\": 1e999}'}).encode())",
        FRAME + "say(json.dumps({'t': 'result', 'text': '{\"value\": \"1\"}'}).encode())",
        FRAME + "say(json.dumps({'t': 'result', 'text': '{\"value\": ' + '9' * 5000 + '}'}).encode())",
        FRAME + "say(json.dumps({'t': 'result', 'text': '{\"message\": \"' + 'x' * 300000 + '\"}'}).encode())",
        FRAME + "say(json.dumps({'t': 'result', 'text': '{\"more\": -1}'}).encode())",
        FRAME + "say(json.dumps({'t': 'log', 'text': 'x', 'level': 'loud'}).encode())",
        FRAME + "say(json.dumps({'t': 'log', 'text': 5}).encode())",
        "pass",
    ],
)
def test_rubbish_gives_a_sentence(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = told_by(program, monkeypatch)
    assert sentence.startswith("The script gave no result: its process answered what nobody can use.")


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("import os; os._exit(7)", "code 7"),
        ("raise SystemError('x')", "code 1"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
        ("import os; os.abort()", "signal 6"),
        (FRAME + "say(json.dumps({'t': 'log', 'text': 'x'}).encode()); os.kill(os.getpid(), 11)", "signal 11"),
        (FRAME + "sys.stdin.buffer.read(100); os._exit(3)", "code 3"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_child_that_dies_gives_a_sentence(program: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by(program, monkeypatch).startswith(f"The script gave no result: its process ended by itself ({how}).")


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(60)",  # reads nothing: half a megabyte of data waits for it
        "import os, time; os.close(0); os.close(1); time.sleep(60)",
        "import sys, time; sys.stdin.buffer.read(); time.sleep(60)",
        FRAME + "while True: say(json.dumps({'t': 'log', 'text': 'x' * 100}).encode())",
        "import os\nwhile True: os.write(1, b'\\0\\0\\0\\2{}')",
        FRAME + "while True: say(json.dumps({'t': 'get', 'path': 'x'}).encode())",
        "import os, time\nif os.fork() == 0: time.sleep(60)\ntime.sleep(60)",
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_a_child_that_hangs_or_floods_is_killed(program: str, monkeypatch: pytest.MonkeyPatch, watcher: Watcher) -> None:
    started = time.monotonic()
    assert told_by(program, monkeypatch).startswith("The script ")
    assert time.monotonic() - started < SHORT.seconds + 1


def test_a_program_that_cannot_be_started_gives_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(process, "command", lambda: [str(tmp_path / "none")])
    with pytest.raises(ScriptError, match="The script could not be started"):
        run(SOURCE, {})
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(ScriptError, match="no empty folder"):
        run(SOURCE, {})


def test_a_missing_engine_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(ScriptError, match="quickjs-ng"):
        run(SOURCE, {})
