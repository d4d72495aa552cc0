"""What a script cannot reach, and how its process is shut in."""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from script_tools import children, wait_for_child

from noc_alerts.model.errors import ScriptError
from noc_alerts.model.scripts import LogLine, ScriptRow
from noc_alerts.scripts import process
from noc_alerts.scripts.limits import MAX_CHILD_MEMORY
from noc_alerts.scripts.runner import Limits, run

ROOT = Path(__file__).resolve().parents[3]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
LONG = Limits(time=timedelta(seconds=30))

# ECMAScript's own names, and the two a script is given. Whatever a new engine adds must be looked at before it gets in here.
KNOWN = [
    "AggregateError", "Array", "ArrayBuffer", "AsyncDisposableStack", "Atomics", "BigInt", "BigInt64Array",
    "BigUint64Array", "Boolean", "DOMException", "DataView", "Date", "DisposableStack", "Error", "EvalError",
    "FinalizationRegistry", "Float16Array", "Float32Array", "Float64Array", "Function", "Infinity", "Int16Array",
    "Int32Array", "Int8Array", "InternalError", "Iterator", "JSON", "Map", "Math", "NaN", "Number", "Object", "Promise",
    "Proxy", "RangeError", "ReferenceError", "Reflect", "RegExp", "Set", "SharedArrayBuffer", "String",
    "SuppressedError", "Symbol", "SyntaxError", "TypeError", "URIError", "Uint16Array", "Uint32Array", "Uint8Array",
    "Uint8ClampedArray", "WeakMap", "WeakRef", "WeakSet", "api", "atob", "btoa", "console", "decodeURI",
    "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "eval", "globalThis", "isFinite", "isNaN",
    "parseFloat", "parseInt", "performance", "queueMicrotask", "undefined", "unescape",
]  # fmt: skip


def test_a_script_has_only_the_languages_own_names() -> None:
    source = """function main() {
  const names = new Set();
  for (let o = globalThis; o !== null; o = Object.getPrototypeOf(o))
    if (o !== Object.prototype) for (const name of Reflect.ownKeys(o)) names.add(String(name));
  for (const name of names) console.log(name);
  return true;
}"""
    names = {line.text for line in run(source, {}).log} - {"Symbol(Symbol.toStringTag)"}
    assert names <= set(KNOWN)
    assert {"console", "api", "JSON"} <= names


@pytest.mark.parametrize(
    "expression",
    [
        *(
            f"typeof {name} !== 'undefined'"
            for name in (
                "std",
                "os",
                "require",
                "process",
                "fetch",
                "Worker",
                "XMLHttpRequest",
                "WebSocket",
                "Deno",
                "Bun",
                "module",
                "exports",
                "print",
                "load",
                "scriptArgs",
                "bjson",
                "setTimeout",
                "WebAssembly",
                "__out",
                "__ask",
                "__bare",
                "__disarm0",
                "__disarm",
                "gc",
                "navigator",
                "window",
                "self",
                "global",
            )
        ),
        "Function('return typeof process + typeof require + typeof std + typeof os')() !== 'undefined'.repeat(4)",
        "(async () => {}).constructor('return typeof process')() instanceof Promise === false",
        "api.get.constructor('return this')() !== globalThis",
        "console.log.constructor.constructor('return typeof require')() !== 'undefined'",
        "typeof (0, eval)('this').std !== 'undefined'",
        "Object.getOwnPropertyNames(api).join() !== 'get'",
        "'caller' in console.log && console.log.caller !== null && console.log.caller !== undefined",
        "new Error().stack.includes('/')",
    ],
)
def test_nothing_else_is_reached(expression: str) -> None:
    source = f"function main() {{ try {{ return {expression} }} catch (e) {{ return false }} }}"
    assert run(source, {}).breached is False


@pytest.mark.parametrize(
    "name", ["std", "os", "qjs:std", "qjs:os", "bjson", "fs", "./child.py", "/etc/passwd", "file:///etc/passwd"]
)
def test_nothing_can_be_imported(name: str) -> None:
    for source in (
        f"import * as x from '{name}';\nexport function main() {{ return true }}",
        f"export {{ a }} from '{name}';\nexport function main() {{ return true }}",
        f"export async function main() {{ await import('{name}'); return true }}",
        f"export async function main() {{ await import('{name}', {{ with: {{ type: 'json' }} }}); return true }}",
        f"export async function main() {{ await import('{name}', {{ with: {{ type: 'text' }} }}); return true }}",
    ):
        with pytest.raises(ScriptError) as caught:
            run(source, {})
        assert "cannot import" in str(caught.value) or "cannot be read" in str(caught.value) or "attribute" in str(caught.value)


def test_the_prelude_holds_against_a_script_that_digs_under_it() -> None:
    source = """
for (const name of ['then', 'catch']) Promise.prototype[name] = function () { return this };
Object.prototype.toJSON = () => 'mine';
Array.prototype[Symbol.iterator] = () => { throw new Error('iterator') };
Array.isArray = () => true;
JSON.stringify = JSON.parse = () => 'mine';
String.prototype.slice = String.prototype.toWellFormed = () => 'mine';
Reflect.apply = () => 'mine';
Number.isFinite = () => true;
globalThis.Error = class {};
const { log } = console;
globalThis.console = null;
function main() { log('heard'); api.get('p'); return { __proto__: null, value: 5, rows: [{ subject: 'a', value: 1 }] } }"""
    outcome = run(source, {}, get=lambda path: '"x"')
    assert (outcome.value, outcome.rows, outcome.log) == (5.0, (ScriptRow("a", 1.0, ""),), (LogLine("log", "heard"),))
    source = "Error.prepareStackTrace = () => 'at x (<input>:1:1)'; globalThis.Error = null;\n\nfunction main() { x() }"
    with pytest.raises(ScriptError, match="x is not defined"):
        run(source, {})
    assert run("const { log } = console; console.log = 1; function main() { log('x'); return 1 }", {}).log[0].text == "x"


def in_background(source: str, **more: object) -> tuple[threading.Thread, list[BaseException]]:
    """Start a run on a thread of its own; the list gets its error."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            run(source, {}, limits=LONG, **more)  # type: ignore[arg-type]
        except ScriptError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, errors


@LINUX
def test_the_child_is_shut_in() -> None:
    over = threading.Event()
    os.environ["NOC_TEST_SECRET"] = "x"
    held = Path(__file__).open("rb")  # noqa: SIM115  # an open file of this program, which the child must not get
    os.set_inheritable(held.fileno(), True)
    try:
        thread, _ = in_background("function main() { for (;;); }", stopping=over.is_set)
        proc = Path("/proc") / str(wait_for_child())
        end = time.monotonic() + 5
        while "Max open files            3 " not in (proc / "limits").read_text() and time.monotonic() < end:
            time.sleep(0.01)
        limits = (proc / "limits").read_text()
        shown = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()[1:]}
        assert shown["Max open files"] == ["3", "3"]
        assert shown["Max file size"] == ["0", "0"]
        assert shown["Max processes"] == ["0", "0"]
        assert shown["Max core file size"] == ["0", "0"]
        assert shown["Max cpu time"] == ["32", "32"]
        assert shown["Max address space"] == [str(MAX_CHILD_MEMORY)] * 2
        files = {entry.name: str(entry.readlink()) for entry in (proc / "fd").iterdir()}
        assert sorted(files) == ["0", "1", "2"]
        assert files["0"].startswith("pipe:")
        assert files["1"].startswith("pipe:")
        assert files["2"] == "/dev/null"
        assert (proc / "environ").read_bytes() == b"TZ=UTC\0"
        assert str((proc / "cwd").readlink()).endswith(" (deleted)")
        assert "NoNewPrivs:\t1" in (proc / "status").read_text()
        assert len(list((proc / "task").iterdir())) == 1
        assert "numpy" not in (proc / "maps").read_text()
    finally:
        over.set()
        thread.join()
        held.close()
        del os.environ["NOC_TEST_SECRET"]


def test_the_end_of_the_program_ends_the_script() -> None:
    over = threading.Event()
    thread, errors = in_background("function main() { for (;;); }", stopping=over.is_set)
    pid = wait_for_child()
    over.set()
    started = time.monotonic()
    thread.join()
    assert time.monotonic() - started < 0.5
    assert [str(error) for error in errors] == ["The script was stopped because the program is closing."]
    assert pid not in children()


@LINUX
@pytest.mark.parametrize("body", ["for (;;);", "const n = 12e6; for (;;) 'a'.repeat(2 * n).indexOf('a'.repeat(n) + 'b')"])
def test_the_child_dies_with_a_killed_program(body: str) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from datetime import timedelta
from noc_alerts.scripts.runner import Limits, run
run("function main() {{ console.log('on'); api.get('started'); {body} }}", {{}},
    get=lambda path: print(path, flush=True) or '1', limits=Limits(time=timedelta(seconds=60)))
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == b"started"
        child = _child_of(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        end = time.monotonic() + 3
        while _runs(child) and time.monotonic() < end:
            time.sleep(0.01)
        assert not _runs(child)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def _child_of(parent: int) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    return int(entry.name)
            except OSError:
                continue
    raise AssertionError("it has no child")


def _runs(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_many_at_once_keep_to_themselves() -> None:
    results: dict[int, float | None] = {}

    def work(number: int) -> None:
        source = f"function main(d) {{ const r = api.get('p{number}'); console.log(r); return d.n * 1000 + r }}"
        for _ in range(5):
            outcome = run(source, {"n": number}, get=lambda path: path[1:], limits=LONG)
            assert outcome.log[0].text == str(number)
            results[number] = outcome.value

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n * 1001 for n in range(8)}
    assert children() == []


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = threading.active_count()
    open_before = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    for _ in range(5):
        run("function main() { return 1 }", {})
        with pytest.raises(ScriptError):
            run("function main() { x() }", {})
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before
    if sys.platform == "linux":
        assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_the_runner_brings_neither_the_engine_nor_the_window_into_the_program() -> None:
    program = (
        "import sys; import noc_alerts.scripts.runner; "
        "print([n for n in ('_quickjs', 'quickjs', 'PySide6', 'sqlalchemy', 'requests', 'numpy') if n in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_packaged_programs_entry_serves_a_script_and_loads_nothing_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import runpy, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("noc_alerts.cli", "numpy", "PySide6", "sqlalchemy", "msgspec", "multiprocessing")):
            raise AssertionError(name)
sys.meta_path.insert(0, Refuse())
sys.path[:0] = [{str(ROOT)!r}, {str(_engine_folder())!r}]
sys.argv[1:] = ["--script-child"]
runpy.run_path({str(ROOT / "packaging" / "entry.py")!r}, run_name="__main__")
"""
    monkeypatch.setattr(process, "command", lambda: [sys.executable, "-I", "-S", "-c", program])
    assert run("function main(data) { return data.n }", {"n": 7}).value == 7


def test_the_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert process.command() == [sys.executable, "--script-child"]


def _engine_folder() -> Path:
    found = importlib.util.find_spec("_quickjs")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
