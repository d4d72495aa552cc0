"""Scripts that never end or eat everything: dead at the limit plus one second, never above 256 MB, one sentence."""

import sys
import time

import pytest
from script_tools import LIMIT_S, SHORT, Watcher, children

from noc_alerts.model.errors import ScriptError
from noc_alerts.scripts.runner import run

BOUND_KB = 256 * 1024

NEVER_ENDING = {
    "endless loop": "while (true) {}",
    "endless loop that catches": "for (;;) { try { while (true) {} } catch (e) {} finally { while (true) {} } }",
    "regular expression": "return /(a+)+$/.test('a'.repeat(60) + 'b')",
    "regular expression in replace": "return 'a'.repeat(60).concat('b').replace(/(a|aa)+$/, '').length",
    "indexOf on huge strings": "const n = 12e6; return ('a'.repeat(2 * n)).indexOf('a'.repeat(n) + 'b')",
    "lastIndexOf": "const n = 12e6; return ('a'.repeat(2 * n)).lastIndexOf('a'.repeat(n) + 'b')",
    "split and join for ever": "let s = 'ab'.repeat(1e6); for (;;) s = s.split('a').join('a')",
    "microtasks": "const f = () => { Promise.resolve().then(f) }; f(); return new Promise(() => {})",
    "microtasks by queueMicrotask": "const f = () => queueMicrotask(f); f(); await new Promise(() => {})",
    "microtasks by await": "for (;;) await null",
    "evil comparator": "const a = Array.from({ length: 1e5 }, Math.random); for (;;) a.sort(() => Math.random() - 0.5)",
    "comparator that never answers": "[2, 1, 3].sort(() => { for (;;); })",
    "replace for ever": "let s = 'x'.repeat(1e4); for (;;) s.replace(/x/g, m => m + m)",
    "replaceAll for ever": "for (;;) 'x'.repeat(1e6).replaceAll('x', 'yy')",
    "console flood": "for (;;) console.log('x'.repeat(100000), { a: [1, 2, 3] })",
    "get flood": "for (;;) { try { api.get('customer') } catch (e) {} }",
    "getter in the result": "return { get value() { for (;;); } }",
    "getter in a row": "return { rows: [{ get subject() { for (;;); } }] }",
    "toJSON in the result": "return { toJSON() { for (;;); } }",
    "toJSON in the log": "console.log({ toJSON() { for (;;); } })",
    "Proxy as the result": "return new Proxy({}, { get(t, k) { if (k === 'then') return undefined; for (;;); } })",
    "Proxy as the rows": "return { rows: new Proxy([], { get() { for (;;); } }) }",
    "thenable": "return { then() { for (;;); } }",
    "thenable that goes on": "const t = { then(f) { f({ then: t.then }) } }; return t",
    "error with a getter": "throw { get message() { for (;;); } }",
    "error that cannot be written": "throw { toString() { for (;;); }, get name() { for (;;); } }",
    "prepareStackTrace": "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x')",
    "BigInt": "let n = 3n; for (;;) n = n * n % (1n << 200000n)",
    "BigInt power": "for (;;) 3n ** 600000n",
    "BigInt as text": "for (;;) String(3n ** 600000n)",
    "array of a huge length": "return { value: new Array(4294967295).indexOf(1) }",
    "generator": "function* g() { for (;;) yield 1 } for (const x of g()); ",
    "memory, again and again": "for (;;) { try { const a = []; for (;;) a.push(new Array(1000).fill(a)) } catch (e) {} }",
}
GREEDY = {
    "array that grows": "const a = []; for (;;) a.push(a.length)",
    "arrays in an array": "const a = []; for (;;) a.push(new Array(100000).fill(1.5))",
    "repeat": "const a = []; for (;;) a.push('a'.repeat(100000000))",
    "repeat, a little": "const a = []; for (let i = 0; ; i++) a.push('a'.repeat(1000) + i)",
    "doubling": "let s = 'ab'; for (;;) s += s",
    "stringify": "const a = new Array(2e6).fill('x'.repeat(20)); return JSON.stringify([a, a, a, a, a, a])",
    "typed arrays": "const a = []; for (;;) a.push(new Uint8Array(10000000).fill(7))",
    "shared memory": "const a = []; for (;;) a.push(new Uint8Array(new SharedArrayBuffer(10000000)).fill(7))",
    "growable buffer": "const b = new ArrayBuffer(8, { maxByteLength: 2e9 }); for (let n = 1e6; ; n *= 2) b.resize(n)",
    "map": "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })",
    "symbols": "const a = []; for (let i = 0; ; i++) a.push(Symbol('x' + i))",
    "properties": "const o = {}; for (let i = 0; ; i++) o['p' + i] = i",
    "closures": "let f = () => 0; for (;;) { const g = f; f = () => g }",
    "promises": "const a = []; for (;;) a.push(new Promise(() => {}))",
    "promises in promises": "const f = () => Promise.resolve().then(f); return f()",
    "iterator that never ends": "return Math.max(...{ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) })",
    "replace": "return 'x'.repeat(3e6).replace(/x/g, m => m + m).length > 0 && undefined",
    "BigInt": "return (2n ** 3000000n) ** 3n > 0n",
    "jobs": "for (;;) Promise.resolve().then(() => 1)",
    "regular expressions": "const a = []; for (let i = 0; ; i++) a.push(new RegExp('(a|b){1000}' + i))",
    "recursion": "const f = n => f(n + 1) + 1; return f(0)",
    "recursion of natives": "let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return JSON.stringify(a).length",
    "recursion in a text": "return JSON.parse('['.repeat(5e6)).length",
    "recursion in eval": "return eval('('.repeat(1e6))",
    "recursion in a pattern": "return new RegExp('('.repeat(1e6) + ')'.repeat(1e6)).test('x')",
    "recursion in toString": "const a = []; a.push({ toString: () => String(a) }); return String(a)",
    "huge BigInt": "let n = 2n; for (;;) n = n * n",
    "huge message": "const a = []; for (;;) a.push(new Error('x'.repeat(1e6)))",
    "log of the huge": "const a = new Array(3e6).fill('xxxxxxxxxx'); for (;;) { console.log(a); a.push(...a.slice(0, 1000)) }",
}


def expect_error(body: str, watcher: Watcher) -> tuple[ScriptError, float]:
    """Run it, return the error and how long it took; no child is left when run returns."""
    started = time.monotonic()
    with pytest.raises(ScriptError) as caught:
        run(f"export async function main(data) {{\n{body}\n}}", {"calls": []}, get=lambda path: "{}", limits=SHORT)
    took = time.monotonic() - started
    assert children() == []
    assert watcher.peak_kb < BOUND_KB
    return caught.value, took


@pytest.mark.parametrize("name", NEVER_ENDING)
def test_a_script_that_never_ends_is_dead_at_its_limit(name: str, watcher: Watcher) -> None:
    error, took = expect_error(NEVER_ENDING[name], watcher)
    assert took < LIMIT_S + 1
    assert took > LIMIT_S / 2
    assert str(error).startswith("The script was stopped after 0.6 s, at its time limit")
    assert watcher.seen


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_script_stays_below_its_bound(name: str, watcher: Watcher) -> None:
    error, took = expect_error(GREEDY[name], watcher)
    assert took < LIMIT_S + 1
    sentence = str(error)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence


def test_a_loop_outside_main_is_stopped_as_well(watcher: Watcher) -> None:
    started = time.monotonic()
    with pytest.raises(ScriptError, match="at its time limit"):
        run("for (;;);\nfunction main() {}", {}, limits=SHORT)
    assert time.monotonic() - started < LIMIT_S + 1


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the child's CPU time")
def test_the_line_of_the_loop_is_told(watcher: Watcher) -> None:
    import resource

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    source = "function main(data) {\n  let n = 0;\n  for (;;) {\n    n += Math.abs(n);\n  }\n}"
    before = spent()
    with pytest.raises(ScriptError) as caught:
        run(source, {}, limits=SHORT)
    sentence = "The script was stopped after 0.6 s, at its time limit"
    if (
        spent() - before > LIMIT_S + 0.1
    ):  # the engine's own clock counts CPU time; on a machine too busy for that the kill comes first
        assert caught.value.line == 4
    assert (str(caught.value), caught.value.line) in [(f"{sentence}; it was last seen at line 4.", 4), (f"{sentence}.", None)]


def test_what_was_logged_before_the_hard_kill_is_kept(watcher: Watcher) -> None:
    source = (
        "function main() {\n  console.log('before');\n  const n = 12e6;\n  'a'.repeat(2 * n).indexOf('a'.repeat(n) + 'b');\n}"
    )
    with pytest.raises(ScriptError) as caught:
        run(source, {}, limits=SHORT)
    assert [line.text for line in caught.value.log] == ["before"]
    assert caught.value.line == 2
