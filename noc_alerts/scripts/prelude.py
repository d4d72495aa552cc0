"""The JavaScript around the user's: console, api, choosing main, and reading its result.

The child evaluates PRELUDE before the user's source and gets a function `(loaded, data) -> promise`. It talks to the child
through two functions that it takes off the global object before any user code runs: `__out(kind, text)` and `__ask(json) ->
text`. What it hands over was made well-formed here, so it can be written. Nothing here is trusted by the parent: it checks again.
What a script can change (prototypes, globals) is taken before it runs or, by `__proto__: null`, not asked.
The engine names every source `<input>`; the child puts FIRST_LINE - 1 empty lines before PRELUDE, so that a line number tells
whose code it is (a user's source has at most 64 K lines).
"""

from noc_alerts.scripts.limits import MAX_GETS, MAX_LOG_LINES, MAX_ROWS, MAX_TEXT

FIRST_LINE = 100_001

# Put after the user's source: a bare `function main` is no export of the module, so it is handed over by hand.
TRAILER = '\n;globalThis.__bare(typeof main === "function" ? main : undefined);'

PRELUDE = (
    r"""(function () {
"use strict";
const out = globalThis.__out, ask = globalThis.__ask;
delete globalThis.__out;
delete globalThis.__ask;
const { stringify, parse } = JSON;
const { apply, deleteProperty, setPrototypeOf } = Reflect;
const isArray = Array.isArray, finite = Number.isFinite, text = String, Err = Error;
const { slice, toWellFormed } = String.prototype;
const cut = (s, most = MAX_TEXT) => apply(toWellFormed, s.length > most ? apply(slice, s, [0, most - 1]) + "…" : s, []);
const places = s => typeof s === "string" ? cut(s, 4000) : "";
const here = () => places(new Err().stack);

function plain(key, v) {
  if (typeof v === "bigint") return text(v) + "n";
  return typeof v === "number" && !finite(v) ? text(v) : v;
}
function show(v) {
  if (typeof v === "string") return v;
  try {
    if (typeof v === "bigint") return text(v) + "n";
    if (v === null || typeof v !== "object" || v instanceof Err) return text(v);
    return stringify(v, plain) ?? text(v);
  } catch (e) {
    return "[object that cannot be shown]";
  }
}

let lines = 0;
const writer = level => (...words) => {
  if (lines > MAX_LOG_LINES) return;
  lines += 1;
  let line = "";
  for (let i = 0; i < words.length && line.length <= MAX_TEXT; i += 1) line += (i ? " " : "") + cut(show(words[i]));
  out("log", stringify({ __proto__: null, level, text: cut(line), stack: here() }));
};
const console = {};
for (const level of ["log", "info", "warn", "error", "debug"]) console[level] = writer(level);

let gets = 0;
const api = Object.freeze({
  get(path) {
    if (typeof path !== "string" || path.length > MAX_TEXT) throw new TypeError("api.get needs a path, like \"customer/12\".");
    gets += 1;
    if (gets > MAX_GETS) throw new Err("A script may read the switch MAX_GETS times in a run, not more.");
    const answer = ask(stringify({ __proto__: null, path: cut(path), stack: here() }));
    if (answer[0] !== "+") throw new Err(apply(slice, answer, [1]));
    try {
      return parse(apply(slice, answer, [1]));
    } catch (e) {
      throw new Err("The switch's answer to " + path + " is not JSON.");
    }
  },
});

class Refused { constructor(sentence) { this.sentence = sentence; } }
const MUST = "main must return true, false, a number or {value, breached, message, rows}";
function kind(v) {
  if (v === null || v === undefined) return text(v);
  if (typeof v === "string") return "the text " + stringify(cut(v, 40));
  if (typeof v === "bigint") return "the BigInt " + cut(text(v), 40) + "n";
  if (typeof v === "number" || typeof v === "boolean") return text(v);
  return isArray(v) ? "an array" : typeof v === "object" ? "an object" : "a " + typeof v;
}
function figure(v, where) {
  if (v === undefined || v === null) return null;
  if (typeof v === "number" && finite(v)) return v;
  throw new Refused(where + " is " + kind(v) + "; it must be a finite number or null.");
}
function words(v, where) {
  if (v === undefined || v === null) return "";
  if (typeof v === "string") return cut(v);
  if (typeof v === "number" || typeof v === "boolean") return text(v);
  throw new Refused(where + " is " + kind(v) + "; it must be a text.");
}
function readRow(row, i) {
  const where = "rows[" + i + "]";
  if (row === null || typeof row !== "object" || isArray(row))
    throw new Refused(where + " is " + kind(row) + "; each row must be {subject, value, message}.");
  const subject = words(row.subject, where + ".subject");
  if (subject === "") throw new Refused(where + " has no subject; each row must be {subject, value, message}.");
  return {
    __proto__: null, subject, value: figure(row.value, where + ".value"), message: words(row.message, where + ".message"),
  };
}
function readObject(r) {
  const { value, breached, message, rows } = r;
  if (value === undefined && breached === undefined && message === undefined && rows === undefined)
    throw new Refused("main returned an object with none of value, breached, message and rows; " + MUST + ".");
  if (breached !== undefined && breached !== null && typeof breached !== "boolean")
    throw new Refused("breached is " + kind(breached) + "; it must be true, false or null.");
  const read = { __proto__: null, value: figure(value, "value"), breached: breached ?? null, message: words(message, "message") };
  read.rows = [];
  setPrototypeOf(read.rows, null);
  read.more = 0;
  if (rows === undefined || rows === null) return read;
  if (!isArray(rows)) throw new Refused("rows is " + kind(rows) + "; it must be an array of {subject, value, message}.");
  const count = rows.length, kept = count < MAX_ROWS ? count : MAX_ROWS;
  for (let i = 0; i < kept; i += 1) read.rows[i] = readRow(rows[i], i);
  read.more = count - kept;
  return read;
}
function readResult(r) {
  if (r !== null && typeof r === "object" && typeof r.toJSON === "function") r = r.toJSON();
  if (typeof r === "boolean") return { __proto__: null, breached: r };
  if (typeof r === "number") return { __proto__: null, value: figure(r, "The number that main returned") };
  if (r === undefined) throw new Refused("main returned nothing; " + MUST + ".");
  if (isArray(r)) throw new Refused("main returned an array; put it into an object, {rows: [...]}.");
  if (r === null || typeof r !== "object") throw new Refused("main returned " + kind(r) + "; " + MUST + ".");
  return readObject(r);
}

function tell(e) {
  if (e instanceof Refused) return out("refused", stringify({ __proto__: null, text: e.sentence }));
  if (e === null) return out("failed", '{"text":"null"}');
  if (typeof e !== "object") return out("failed", stringify({ __proto__: null, text: cut(show(e)) }));
  const { name, message, stack } = e;
  const known = typeof message === "string";
  const title = known && typeof name === "string" && name !== "Error" && name !== "" ? name + ": " : "";
  return out("failed", stringify({ __proto__: null, text: cut(known ? title + message : show(e)), stack: places(stack) }));
}

let bare;
globalThis.console = console;
globalThis.api = api;
globalThis.__bare = f => { bare = f; deleteProperty(globalThis, "__bare"); };
return async function (loaded, data) {
  try {
    await loaded;
    const exported = await import("<input>");
    const main = exported.main ?? bare ?? exported.default;
    if (typeof main !== "function") throw new Refused("The script has no function main(data).");
    out("result", stringify(readResult(await main(data))));
  } catch (e) {
    try { tell(e); } catch (worse) { out("failed", '{"text":"null"}'); }
  }
};
})()""".replace("MAX_TEXT", str(MAX_TEXT))
    .replace("MAX_GETS", str(MAX_GETS))
    .replace("MAX_LOG_LINES", str(MAX_LOG_LINES))
    .replace("MAX_ROWS", str(MAX_ROWS))
)
