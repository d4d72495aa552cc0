"""What main may be, what it may return, and where an error is said to be."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from script_tools import children

from noc_alerts.model.errors import BadInput, NocError, ScriptError
from noc_alerts.model.scripts import MAX_SOURCE_BYTES, LogLine, Script, ScriptRow, source_problem
from noc_alerts.scripts.limits import MIB
from noc_alerts.scripts.runner import Limits, run


def fails(source: str, data: object = None, **more: object) -> ScriptError:
    """Run what must fail, return its error."""
    with pytest.raises(ScriptError) as caught:
        run(source, data or {}, **more)  # type: ignore[arg-type]
    assert children() == []
    return caught.value


def returning(expression: str) -> str:
    """Give a script whose main returns this."""
    return f"export function main(data) {{ return {expression} }}"


@pytest.mark.parametrize(
    "source",
    [
        "function main(data) { return data.n }",
        "export function main(data) { return data.n }",
        "export async function main(data) { return data.n }",
        "async function main(data) { await null; return data.n }",
        "export default function main(data) { return data.n }",
        "export default function (data) { return data.n }",
        "export default async data => data.n",
        "const main = data => data.n",
        "export const main = async ({ n }) => n",
        "function check(data) { return data.n } export { check as main }",
        "let n = await Promise.resolve(1); export function main(data) { return data.n }",
        "#!/usr/bin/env node\nfunction main(data) { return data.n } // the end",
        "\ufefffunction main(data) { return data.n }",
        "export function main(data) { return new Promise(done => done(Promise.resolve(data.n))) }",
        "export function main(data) { return { then(done) { done(data.n) } } }",
        "export function main(data) { return { toJSON() { return data.n } } }",
        "Object.freeze(globalThis); export function main(data) { return data.n }",
        "delete Array.prototype.push; JSON.stringify = null; Promise.prototype.then = null; function main(d) { return d.n }",
    ],
)
def test_main_is_found_and_awaited(source: str) -> None:
    outcome = run(source, {"n": 41.5})
    assert (outcome.value, outcome.breached, outcome.rows, outcome.log) == (41.5, None, (), ())
    assert timedelta(0) < outcome.took < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("expression", "value", "breached", "message", "rows"),
    [
        ("true", None, True, "", ()),
        ("false", None, False, "", ()),
        ("0", 0.0, None, "", ()),
        ("-0", 0.0, None, "", ()),
        ("1e308", 1e308, None, "", ()),
        ("{ value: 3 }", 3.0, None, "", ()),
        ("{ value: null, breached: true }", None, True, "", ()),
        ("{ value: 2, breached: false, message: 'Grüße 👋 \\u0000' }", 2.0, False, "Grüße 👋 \0", ()),
        ("{ message: 12, rows: [] }", None, None, "12", ()),
        ("{ message: '\\ud800x' }", None, None, "\ufffdx", ()),
        ("{ rows: [{ subject: 44, value: 1 }] }", None, None, "", (ScriptRow("44", 1.0, ""),)),
        ("{ rows: [{ subject: 'a', value: null, message: null }] }", None, None, "", (ScriptRow("a", None, ""),)),
        ("{ value: 1, other: undefined, more: { a: [1] } }", 1.0, None, "", ()),
        ("new Proxy({ value: 4 }, {})", 4.0, None, "", ()),
    ],
)
def test_a_result_is_read(
    expression: str, value: float | None, breached: bool | None, message: str, rows: tuple[ScriptRow, ...]
) -> None:
    outcome = run(returning(f"({expression})"), {})
    assert (outcome.value, outcome.breached, outcome.message, outcome.rows) == (value, breached, message, rows)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("NaN", "The number that main returned is NaN"),
        ("-1 / 0", "The number that main returned is -Infinity"),
        ("undefined", "main returned nothing"),
        ("null", "main returned null"),
        ("'12'", 'main returned the text "12"'),
        ("12n", "main returned the BigInt 12n"),
        ("Symbol('x')", "main returned a symbol"),
        ("main", "main returned a function"),
        ("[]", "main returned an array"),
        ("new Array(4e9)", "main returned an array"),
        ("({})", "none of value, breached, message and rows"),
        ("new Map([['value', 1]])", "none of value, breached, message and rows"),
        ("(() => { const a = {}; a.a = a; return a })()", "none of value, breached, message and rows"),
        ("(() => { const a = {}; a.value = a; return a })()", "value is an object"),
        ("(() => { const a = {}; a.rows = [a]; return a })()", "rows[0] has no subject"),
        ("({ value: '1' })", 'value is the text "1"'),
        ("({ value: NaN })", "value is NaN"),
        ("({ value: 1n })", "value is the BigInt 1n"),
        ("({ breached: 1 })", "breached is 1"),
        ("({ message: {} })", "message is an object"),
        ("({ rows: {} })", "rows is an object"),
        ("({ rows: [null] })", "rows[0] is null"),
        ("({ rows: [{ subject: 'a' }, [1]] })", "rows[1] is an array"),
        ("({ rows: [{ value: 1 }] })", "rows[0] has no subject"),
        ("({ rows: [{ subject: 'a', value: 1 / 0 }] })", "rows[0].value is Infinity"),
        ("({ rows: new Array(1e6) })", "rows[0] is undefined"),
        ("({ rows: new Array(100).fill({ subject: 'é'.repeat(3000), message: '\"'.repeat(3000) }) })", "larger than 256 KB"),
    ],
)
def test_a_result_of_no_use_gives_one_sentence(expression: str, words: str) -> None:
    error = fails(returning(expression))
    assert words in str(error)
    assert str(error).endswith(".")
    assert "\n" not in str(error)


def test_what_is_too_much_is_cut_and_counted() -> None:
    source = """function main() {
  for (let i = 0; i < 1000; i++) console.log(i, 'x'.repeat(5000));
  const rows = [];
  for (let i = 0; i < 150; i++) rows.push({ subject: 's' + i, value: i, message: 'm' });
  return { value: 1, message: 'é'.repeat(5000), rows };
}"""
    outcome = run(source, {})
    assert [row.value for row in outcome.rows] == list(range(100))
    assert outcome.more_rows == 50
    assert outcome.message == "é" * 1999 + "…"
    assert len(outcome.log) == 200
    assert outcome.log[0].text.startswith("0 xxx")
    assert len(outcome.log[0].text) == 2000
    assert outcome.log[-1] == LogLine("warn", "Only the first 199 lines are kept.")


def test_the_console_keeps_order_levels_and_shows_values() -> None:
    source = """function main() {
  console.log('a', 1, null, undefined, true);
  console.info({ a: [1, { b: 'x' }], n: 1n, d: NaN });
  console.warn(new TypeError('bad'), Symbol('s'), 5n, -0.5, NaN);
  const round = {}; round.round = round;
  console.error(round, [1, 2]);
  console.debug();
  return true;
}"""
    assert run(source, {}).log == (
        LogLine("log", "a 1 null undefined true"),
        LogLine("info", '{"a":[1,{"b":"x"}],"n":"1n","d":"NaN"}'),
        LogLine("warn", "TypeError: bad Symbol(s) 5n -0.5 NaN"),
        LogLine("error", "[object that cannot be shown] [1,2]"),
        LogLine("debug", ""),
    )


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        ("\n\nlet b = ;", 3, "The script cannot be read at line 3: unexpected token in expression: ';'."),
        ("function main() {\n  return 1", 2, "The script cannot be read at line 2: "),
        ("function main() {}\n/* no end", 2, "The script cannot be read at line 2: unexpected end of comment."),
        ("function main() {\n\n  missing() }", 3, "The script failed at line 3: ReferenceError: missing is not defined."),
        ("function main() {\n throw new Error('It\\nbroke.') }", 2, "The script failed at line 2: It broke."),
        ("\nmissing()\nfunction main() {}", 2, "The script failed at line 2: ReferenceError: missing is not defined."),
        ("export async function main() {\n  await null;\n  null.x }", 3, "The script failed at line 3: TypeError: "),
        (
            "function main() {\n  return deep() }\nfunction deep() {\n  return Reflect.ownKeys(1) }",
            4,
            "The script failed at line 4: ",
        ),
        ("function main(data) {\n  data.calls.map(c =>\n    c.from.x) }", 3, "The script failed at line 3: TypeError: "),
        ("function main() {\n  eval('\\n\\n\\n\\nmissing()') }", 2, "The script failed at line 2: ReferenceError: "),
        ("function main() {\n  JSON.parse('{') }", 2, "The script failed at line 2: SyntaxError: "),
        ("function main() {\n  undeclared = 1 }", 2, "The script failed at line 2: ReferenceError: "),
        ("function main() {\n  throw 'a text' }", None, "The script failed: a text."),
        ("function main() {\n  throw { code: 7 } }", None, 'The script failed: {"code":7}.'),
        ("function main() {\n  throw undefined }", None, "The script failed: undefined."),
        ("function main() {\n  throw '' }", None, "The script failed: it threw an error without a text."),
        ("function mian() {}", None, "The script has no function main(data)."),
        ("const main = 5", None, "The script has no function main(data)."),
        (
            "function main() { return new Promise(() => {}) }",
            None,
            "The script waits for a promise that is never kept, so main gives",
        ),
        ("function main() { return Promise.reject(new Error('no')) }", 1, "The script failed at line 1: no."),
    ],
)
def test_an_error_tells_its_line_in_the_users_source(source: str, line: int | None, sentence: str) -> None:
    error = fails(source, {"calls": [{"from": None}]})
    assert str(error).startswith(sentence)
    assert error.line == line
    assert "<input>" not in str(error)


def test_an_error_keeps_what_was_logged() -> None:
    error = fails("function main() {\n  console.log('one');\n  console.warn('two');\n  missing() }")
    assert error.log == (LogLine("log", "one"), LogLine("warn", "two"))


def test_data_arrives_as_it_is() -> None:
    data = {
        "now": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "text": 'ä"\\\0</é👋\u2028',
        "n": [1, -2.5, None, True],
        "bad": math.nan,
    }
    source = "function main(d) { console.log(d); return d.now === '2026-01-02T03:04:05Z' && d.bad === null }"
    outcome = run(source, data)
    assert outcome.breached is True
    shown = json.loads(outcome.log[0].text)
    assert (shown["text"], shown["n"]) == (data["text"], data["n"])


def test_data_that_is_no_json_is_refused_without_a_run() -> None:
    for data in (b"{", b"{} x", {"x": object()}, {"x": "\ud800"}, b'"' + b"x" * (8 * MIB) + b'"'):
        assert str(fails("function main() {}", data)).startswith("The script was not run: its data ")


def test_five_thousand_calls_fit() -> None:
    call = {
        "at": "2026-01-01T00:00:00Z",
        "from": "4930123456",
        "to": "44207946",
        "customer": "acme",
        "carrier": "bravo",
        "cost": 0.01,
    }
    assert run("function main(d) { return d.calls.length }", {"calls": [call] * 5000}).value == 5000


def test_the_clock_inside_is_utc() -> None:
    assert run("function main() { return new Date(2026, 6, 1).getTimezoneOffset() }", {}).value == 0


def test_api_get_reads_through_the_host() -> None:
    asked: list[str] = []

    def get(path: str) -> str:
        asked.append(path)
        return '{"credit": "12.50", "name": "Grüße"}'

    source = (
        "export async function main() { const c = await api.get('customer/7'); return { value: +c.credit, message: c.name } }"
    )
    assert run(source, {}, get=get).value == 12.5
    assert asked == ["customer/7"]


def test_what_the_host_refuses_is_an_error_the_script_may_catch() -> None:
    def get(path: str) -> str:
        raise NocError("Only customers can be read.")

    caught = "function main() { try { api.get('x') } catch (e) { return { message: e.message } } }"
    assert run(caught, {}, get=get).message == "Only customers can be read."
    error = fails("function main() {\n  return api.get('x') }", get=get)
    assert (str(error), error.line) == ("The script failed at line 2: Only customers can be read.", 2)
    error = fails("function main() {\n  return api.get('x') }")
    assert str(error) == "The script failed at line 2: There is no switch for this script to read."


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("api.get()", "api.get needs a path"),
        ("api.get({ toString() { return 'x' } })", "api.get needs a path"),
        ("api.get('')", "The path is empty"),
        ("api.get('a\\nb')", "The path is empty, too long or holds"),
        ("api.get('a\\ud800')", "not JSON"),
        ("api.get('x'.repeat(3000))", "api.get needs a path"),
        ("api.get('text')", "The switch's answer to text is not JSON."),
        ("api.get('big')", "The switch's answer is larger than 1 MB."),
        ("for (let i = 0; i < 11; i++) api.get('ok')", "A script may read the switch 10 times in a run, not more."),
    ],
)
def test_a_bad_read_gives_one_sentence(call: str, words: str) -> None:
    answers = {"big": '"' + "x" * MIB + '"', "ok": "1"}
    assert words in str(fails(f"function main() {{ {call} }}", get=lambda path: answers.get(path, "no json")))


def test_ten_answers_of_one_megabyte_fit() -> None:
    answer = '"' + "x" * (MIB - 2) + '"'
    source = "function main() { let n = 0; for (let i = 0; i < 10; i++) n += api.get('a').length; return n }"
    assert run(source, {}, get=lambda path: answer).value == 10 * (MIB - 2)


def test_a_broken_host_is_logged_and_does_not_hang_the_script(caplog: pytest.LogCaptureFixture) -> None:
    def get(path: str) -> str:
        raise ZeroDivisionError

    assert "The switch could not be read." in str(fails("function main() { api.get('x') }", get=get))
    assert "ZeroDivisionError" in caplog.text


def test_limits_refuse_nonsense() -> None:
    for bad in ({"time": timedelta(0)}, {"time": timedelta(hours=1)}, {"memory": 1}, {"memory": 10**9}):
        with pytest.raises(BadInput):
            Limits(**bad)
    assert fails("function main() { 'x'.repeat(9e6) }", limits=Limits(memory=8 * MIB)).line == 1


def test_a_script_refuses_nonsense() -> None:
    ok = Script(1, "CLI blocks", "function main() {}", datetime(2026, 1, 1, tzinfo=UTC))
    assert ok.stock == ""
    Script(None, "n" * 100, "x" * MAX_SOURCE_BYTES)
    for name, source, field in [
        (" ", "x", "name"),
        ("a\nb", "x", "name"),
        ("n" * 101, "x", "name"),
        ("n", "", "source"),
        ("n", " \n", "source"),
        ("n", "é" * (MAX_SOURCE_BYTES // 2 + 1), "source"),
        ("n", "a\0b", "source"),
        ("n", "\ud800", "source"),
    ]:
        with pytest.raises(BadInput) as caught:
            Script(None, name, source)
        assert list(caught.value.problems) == [field]
    with pytest.raises(BadInput):
        Script(None, "n", "x", datetime(2026, 1, 1))  # noqa: DTZ001  # a time without zone is what is refused


def test_run_refuses_a_source_no_script_can_have() -> None:
    for source in ("", "a\0", "\ud800", "x" * (MAX_SOURCE_BYTES + 1)):
        assert str(fails(source)) == source_problem(source)


def test_the_last_line_of_the_largest_source_is_told() -> None:
    source = "\n" * (MAX_SOURCE_BYTES - 40) + "function main() { missing() }"
    assert fails(source).line == MAX_SOURCE_BYTES - 39
