"""Call records from CSV files: the connection that reads a folder, and what the import command reads.

`CallFile` reads one file, page by page; `CallFiles` is the `Switch` over a file, a folder or a pattern. Runs on the poll
thread or in the import command. Must not import Qt, the store or the network.
"""

import csv
import glob
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from noc_alerts.metrics.columns import no_calls
from noc_alerts.model.connections import BadRecord, CheckStep
from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchUnreachable
from noc_alerts.switches.call_files_decode import decode
from noc_alerts.switches.call_files_map import ColumnMap, Field, load_map
from noc_alerts.switches.call_files_text import TextLines
from noc_alerts.switches.protocol import PAGE_ROWS, Page, State

#: A file that has not changed for so long is complete, even without a last line break.
SETTLED = timedelta(seconds=60)
_HEAD_BYTES = 1024
_ENDINGS = (".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz")
_NAMED_COLUMNS = 30


class Place(msgspec.Struct, array_like=True, frozen=True):
    """How far a file was read. `size` and `changed_ns` are of the file when it was read to its end, else 0."""

    position: int = 0
    line: int = 0
    size: int = 0
    changed_ns: int = 0
    head_bytes: int = 0
    head: str = ""


@dataclass(frozen=True, slots=True)
class _Start:
    """The file as it was when reading began."""

    size: int
    changed_ns: int
    head_bytes: int
    head: str


class CallFile:
    """One file of call records. `notes`: sentences about what was done to read it; filled while it is read."""

    def __init__(self, path: Path, columns: ColumnMap) -> None:
        """Keep the path; nothing is opened yet."""
        self.path = path
        self.columns = columns
        self.place = Place()
        self.notes: tuple[str, ...] = ()

    def pages(self, now: datetime, place: Place | None = None, complete: bool = True) -> Iterator[Page]:
        """Give the records after `place` in the file's order, `PAGE_ROWS` a page; `self.place` is after the last page given.

        `complete` False: a last line without its line break and a packed file that ends too early are still being written.
        Raises BadInput when the file cannot be opened or has the wrong columns.
        """
        start = _look_at(self.path)
        place = Place() if place is None or not _continues(self.path, place, start) else place
        self.place = place
        if place.size == start.size and place.changed_ns == start.changed_ns:
            return
        try:
            text = TextLines(self.path, self.columns.encoding)
        except OSError as error:
            raise BadInput(f"{self.path.name} cannot be read: {error.strerror}.") from error
        try:
            yield from self._pages(text, start, place, complete, int(now.timestamp() * 1000))
        except OSError as error:
            raise BadInput(f"{self.path.name} cannot be read any further: {error.strerror or error}.") from error
        finally:
            self._note(text)
            text.close()

    def _pages(self, text: TextLines, start: _Start, place: Place, complete: bool, now_ms: int) -> Iterator[Page]:
        header = self._header(text, complete)
        if not header and not text.broken:
            self.place = Place(0, 0, start.size, start.changed_ns, start.head_bytes, start.head)
            return
        at = {name: i for i, name in reversed(list(enumerate(header)))}
        if header:
            self._check_columns(header)
        if place.position > text.position:
            text.skip_to(place.position, place.line)
        records = _Records(text, self.path.name, self.columns.delimiter, len(header), complete)
        total, ended = 0, False
        while not ended:
            table, numbers, bad = records.take(PAGE_ROWS) if header else ([], [], [])
            ended = len(numbers) < PAGE_ROWS
            calls = no_calls()
            if numbers:
                calls, wrong = decode(table, at, self.columns, now_ms)
                bad += [BadRecord(f"{self.path.name} line {numbers[i]}", reason) for i, reason in wrong.items()]
            waiting = bool(text.broken) and not complete
            if ended and text.broken and complete:
                bad.append(BadRecord(f"{self.path.name} line {text.line + 1}", text.broken))
            done = ended and not waiting and not records.held_back
            size, changed_ns = (start.size, start.changed_ns) if done else (0, 0)
            self.place = Place(text.position, text.line, size, changed_ns, start.head_bytes, start.head)
            total += len(calls)
            if numbers or bad:
                yield Page(calls, "", tuple(bad), "" if ended else f"{total:,} records of {self.path.name}")

    def _header(self, text: TextLines, complete: bool) -> list[str]:
        reader = csv.reader(text.lines(complete), delimiter=self.columns.delimiter)
        try:
            for row in reader:
                if row:
                    return [name.strip() for name in row]
        except csv.Error as error:
            raise BadInput(f"{self.path.name} is not a CSV file: {error} in line {text.line}.") from error
        return []

    def _check_columns(self, header: list[str]) -> None:
        """Raise BadInput that names what is missing and what was found."""
        missing = sorted((self.columns.required | {self.columns.fields[Field.SETUP]}) - set(header))
        if not missing:
            return
        shown = ", ".join(name[:40] for name in header[:_NAMED_COLUMNS]) + (" ..." if len(header) > _NAMED_COLUMNS else "")
        other = next((d for d in ";\t|," if d != self.columns.delimiter and len(header) == 1 and d in header[0]), "")
        names = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
        hint = f" Its columns seem to be parted by {names[other]}." if other else ""
        raise BadInput(
            f"{self.path.name} was not read: it has no column {', '.join(missing)}; it has {shown}.{hint} "
            "Give a column map that says which column is what.",
            {"columns": f"missing: {', '.join(missing)}"},
        )

    def _note(self, text: TextLines) -> None:
        if text.fallback_lines:
            self.notes = (f"{self.path.name}: {text.fallback_lines} lines are not UTF-8 and were read as Latin-1.",)
        elif text.encoding not in ("utf-8", "") and not self.columns.encoding:
            self.notes = (f"{self.path.name} was read as {text.encoding.upper()}.",)


class _Records:
    """The rows of one text, with the line each begins at.

    A quote that is opened and never closed must not swallow what follows it: a record of several lines that does not fit
    the header costs its first line only, and reading goes on at the second. `held_back`: the last line is still being written.
    """

    def __init__(self, text: TextLines, name: str, delimiter: str, width: int, complete: bool) -> None:
        self._text = text
        self._name = name
        self._delimiter = delimiter
        self._width = width
        self._complete = complete
        self.held_back = False

    def _begin(self) -> Iterator[list[str]]:
        return iter(csv.reader(self._text.lines(self._complete), delimiter=self._delimiter))

    def take(self, count: int) -> tuple[Sequence[Sequence[str]], Sequence[int], list[BadRecord]]:
        """Give the columns of up to `count` rows, the rows' lines, and what was no row; fewer only at the end."""
        line = self._text.line + 1
        table = self._text.block(count, self._delimiter, self._width)
        if table is not None:
            return table, range(line, line + count), []
        rows, numbers, bad = self._take_rows(count)
        return list(zip(*rows, strict=True)), numbers, bad

    def _take_rows(self, count: int) -> tuple[list[list[str]], list[int], list[BadRecord]]:
        rows: list[list[str]] = []
        numbers: list[int] = []
        bad: list[BadRecord] = []
        text, recent = self._text, self._text.recent
        self._reader = self._begin()
        while len(rows) < count:
            recent.clear()
            line = text.line + 1
            try:
                row = next(self._reader)
            except StopIteration:
                break
            except csv.Error as error:
                self._cut_off(line, bad, f"not CSV: {error}")
                continue
            if text.ended and not self._complete:  # the second line of a record may not be written yet
                text.give_again(keep=0)
                self.held_back = True
                break
            # a whole record never meets the end of the text: that one was still inside of quotes
            if len(row) == self._width and not text.ended:
                rows.append(row)
                numbers.append(line)
            elif len(recent) > 1 or text.ended:
                self._cut_off(line, bad, "a quote is opened and never closed")
            elif row:
                bad.append(BadRecord(f"{self._name} line {line}", f"{len(row)} fields where the header has {self._width}"))
        self.held_back = self.held_back or text.unfinished
        return rows, numbers, bad

    def _cut_off(self, line: int, bad: list[BadRecord], reason: str) -> None:
        bad.append(BadRecord(f"{self._name} line {line}", reason))
        self._text.give_again()
        self._reader = self._begin()


def _look_at(path: Path) -> _Start:
    """Look at a file's size, time and first bytes. Raises BadInput."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        stat = path.stat()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}.") from error
    return _Start(stat.st_size, stat.st_mtime_ns, len(head), _digest(head))


def _continues(path: Path, place: Place, start: _Start) -> bool:
    """Tell whether a file still begins as it did when it was read to `place`; else it is a new one of the same name."""
    if start.head_bytes < place.head_bytes or (place.size and start.size < place.size):
        return False
    with path.open("rb") as file:
        return _digest(file.read(place.head_bytes)) == place.head


def _digest(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=8).hexdigest()


_PLACES = msgspec.json.Decoder(dict[str, Place])


class CallFiles:
    """The `Switch` over call files. Options: `path` (a file, a folder or a pattern), `map` (a column map's file, optional)."""

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str] | None = None, connection_id: int = 0) -> None:
        """Check the options. Raises BadInput. There are no secrets; the argument is there because every switch has it."""
        del secrets, connection_id
        self._path = options.get("path", "").strip()
        if not self._path:
            sentence = "Choose the file or folder with the call records."
            raise BadInput(sentence, {"path": sentence})
        self._columns = load_map(Path(options["map"])) if options.get("map", "").strip() else ColumnMap()
        self._notes: dict[str, tuple[str, ...]] = {}

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Give the records of new and of grown files, file by file in the order of their names.

        A file that cannot be read costs one bad record that says why; it is tried again when it changes. Raises SwitchUnreachable
        when there is no file at all.
        """
        before = self._places(cursor)
        files = self._files()
        places = {self._key(path): before.get(self._key(path), Place()) for path in files}
        for path in files:
            key = self._key(path)
            file = CallFile(path, self._columns)
            try:
                for page in file.pages(now, places[key], complete=_is_settled(path, now)):
                    places[key] = file.place
                    yield Page(page.calls, msgspec.json.encode(places).decode(), page.bad, page.progress)
                places[key] = file.place
            except BadInput as error:
                if self._mark_unreadable(places, key, path):
                    yield Page(no_calls(), msgspec.json.encode(places).decode(), (BadRecord(path.name, str(error)),))
            if file.notes:
                self._notes[key] = file.notes

    def state(self, now: datetime) -> State:
        """Give nothing but what was noted while reading: files know no present."""
        return State(at=now, notes=tuple(note for notes in self._notes.values() for note in notes))

    def check(self, now: datetime) -> Iterator[CheckStep]:
        """Look for the files, then read the first page of the newest."""
        began = time.perf_counter()
        try:
            files = self._files()
        except SwitchUnreachable as error:
            yield CheckStep("Find the files", False, str(error), _since(began), self._path)
            return
        yield CheckStep("Find the files", True, f"{len(files)} found", _since(began), self._path)
        newest = max(files, key=lambda path: path.stat().st_mtime_ns)
        began = time.perf_counter()
        try:
            page = next(CallFile(newest, self._columns).pages(now), Page(no_calls(), ""))
        except BadInput as error:
            yield CheckStep("Read records", False, str(error), _since(began), newest.name)
            return
        answer = f"{len(page.calls):,} records of the first page can be read"
        if page.bad:
            answer += f", {len(page.bad):,} cannot; the first is {page.bad[0].where}: {page.bad[0].reason}"
        yield CheckStep("Read records", bool(len(page.calls)) or not page.bad, answer, _since(began), newest.name)

    def close(self) -> None:
        """Do nothing: every file is closed after its last page."""

    def _files(self) -> list[Path]:
        path = Path(self._path).expanduser()
        if path.is_dir():
            found = [p for p in path.iterdir() if p.name.lower().endswith(_ENDINGS) and not p.name.startswith(".")]
        elif path.is_file():
            found = [path]
        else:
            found = [Path(p) for p in glob.glob(str(path))]  # noqa: PTH207 - an absolute pattern, which Path.glob refuses
        found = sorted(p for p in found if p.is_file())
        if not found:
            raise SwitchUnreachable(f"There is no call file at {self._path}; check the path, or wait for the first file.")
        return found

    def _key(self, path: Path) -> str:
        return str(path.absolute())

    def _places(self, cursor: str | None) -> dict[str, Place]:
        if not cursor:
            return {}
        try:
            return _PLACES.decode(cursor)
        except msgspec.DecodeError as error:
            raise SwitchBadAnswer(
                "It is not known how far the call files were read, because the note of it is damaged; import them once more."
            ) from error

    def _mark_unreadable(self, places: dict[str, Place], key: str, path: Path) -> bool:
        """Note that this version of the file was refused, so that it is told once. False: it was told before."""
        try:
            start = _look_at(path)
        except BadInput:
            known = places[key].head == "unreadable"
            places[key] = Place(head="unreadable")
            return not known
        old = places[key]
        places[key] = Place(old.position, old.line, start.size, start.changed_ns, start.head_bytes, start.head)
        return True


def _is_settled(path: Path, now: datetime) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime >= SETTLED.total_seconds()
    except OSError:
        return True  # opening it will say what is wrong


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.perf_counter() - began)
