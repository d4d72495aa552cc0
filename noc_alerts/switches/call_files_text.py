"""The text of a call file: plain or gzip, in whatever encoding, as lines with their positions.

Positions are bytes of the text as UTF-8 without packing, so that a position means the same in any file. Runs on the poll thread
or in the import command. Must not import Qt, the store or the network.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

GZIP_MAGIC = b"\x1f\x8b"
_SNIFF_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 20
#: Longer than any line of call records; a binary file without line breaks must not fill the memory.
_MAX_LINE_BYTES = 1 << 20

_PACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
TRUNCATED = "the file ends in the middle (truncated gzip)"
DAMAGED = "the file is damaged from here on (gzip)"


class TextLines:
    """Lines of one file, each counted.

    `position` and `line` are after the last line given. `broken` says why the file ended early. `ended`: the end was met.
    `unfinished`: a last line without its line break was left. `recent` holds the raw lines given since it was last
    cleared, so that they can be given again.
    """

    def __init__(self, path: Path, encoding: str = "") -> None:
        """Open the file and find out how it is packed and encoded. Raises OSError."""
        self._file = path.open("rb")
        head = self._file.read(len(GZIP_MAGIC))
        self._file.seek(0)
        self.packed = head == GZIP_MAGIC
        self._bytes: io.BufferedReader = self._file
        if self.packed:
            self._bytes = _buffered(_Unpacked(self._file))
        self.broken = ""
        self.position = 0
        self.line = 0
        self.recent: list[bytes] = []
        self.ended = False
        self.unfinished = False
        self.fallback_lines = 0
        self._again: list[bytes] = []
        self.encoding = encoding or self._sniff()
        self._seekable = not self.packed
        if codecs.lookup(self.encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
            self._bytes = _buffered(_Recoded(self._bytes, self.encoding))
            self._seekable = False
        self._skip_mark()

    def skip_to(self, position: int, line: int) -> None:
        """Go on at a position given earlier; a text that is shorter now is left at its end."""
        if self._seekable:
            self._bytes.seek(position)
            self.position = position
        else:
            while self.position < position:
                chunk = self._read(min(_BUFFER_BYTES, position - self.position))
                if not chunk:
                    break
                self.position += len(chunk)
        self.line = line

    def lines(self, complete: bool) -> Iterator[str]:
        """Give the lines from here on. `complete` False: a last line without a line break is still being written and is left."""
        readline, recent, again = self._bytes.readline, self.recent, self._again
        self.ended = False
        while True:
            if again:
                raw = again.pop()
            else:
                try:
                    raw = readline(_MAX_LINE_BYTES)
                except _PACKING_ERRORS as error:
                    self.broken = _why(error)
                    raw = b""
            if not raw or (not complete and not raw.endswith(b"\n")):
                self.ended = True
                self.unfinished = bool(raw)
                return
            self.position += len(raw)
            self.line += 1
            recent.append(raw)
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError:
                self.fallback_lines += 1
                yield raw.decode("latin-1")

    def block(self, count: int, delimiter: str, width: int) -> list[list[str]] | None:
        """Give the columns of the next `count` lines at once, if every line is one record of `width` fields without quotes.

        None where that is not so, or where fewer lines are left: then nothing is taken, and `lines()` gives them.
        """
        if self._again or self.broken:
            return None
        lines: list[bytes] = []
        with suppress(*_PACKING_ERRORS):  # met again, and told, when `lines()` comes there
            lines.extend(islice(iter(partial(self._bytes.readline, _MAX_LINE_BYTES), b""), count))
        raw = b"".join(lines)
        columns = _split(raw, count, delimiter, width) if len(lines) == count else None
        if columns is None:
            self._again.extend(reversed(lines))
        else:
            self.position += len(raw)
            self.line += count
        return columns

    def give_again(self, keep: int = 1) -> None:
        """Take back all recent lines but the first `keep`; they come again from the next `lines()`."""
        back = self.recent[keep:]
        self.position -= sum(map(len, back))
        self.line -= len(back)
        self._again.extend(reversed(back))
        self.recent.clear()

    def close(self) -> None:
        """Close the file."""
        if self._bytes is not self._file:
            self._bytes.close()
        self._file.close()

    def _sniff(self) -> str:
        try:
            head = self._bytes.read(_SNIFF_BYTES)
        except _PACKING_ERRORS:
            head = b""
        self._file.seek(0)
        if self.packed:
            self._bytes = _buffered(_Unpacked(self._file))
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if len(head) >= 4 and head[:200:2].count(0) == 0 and head[1:200:2].count(0) * 4 >= len(head[:200]):
            return "utf-16-le"
        if len(head) >= 4 and head[1:200:2].count(0) == 0 and head[:200:2].count(0) * 4 >= len(head[:200]):
            return "utf-16-be"
        return "utf-8"

    def _skip_mark(self) -> None:
        try:
            start = self._bytes.peek(len(codecs.BOM_UTF8))
        except _PACKING_ERRORS:
            return
        if start.startswith(codecs.BOM_UTF8):
            self.position = len(self._bytes.read(len(codecs.BOM_UTF8)))

    def _read(self, size: int) -> bytes:
        try:
            return self._bytes.read(size)
        except _PACKING_ERRORS:
            return b""


def _split(raw: bytes, lines: int, delimiter: str, width: int) -> list[list[str]] | None:
    """Split lines of plain fields into columns; None where they are anything else."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    if b'"' in raw or b"\r" in raw or not raw.endswith(b"\n") or not delimiter.isascii():
        return None
    marks = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(marks == ord("\n"))
    delimiters = np.searchsorted(np.flatnonzero(marks == ord(delimiter)), ends)
    if len(ends) != lines or not np.array_equal(delimiters, np.arange(1, lines + 1) * (width - 1)):
        return None
    try:
        flat = raw[:-1].decode("utf-8").replace("\n", delimiter).split(delimiter)
    except UnicodeDecodeError:
        return None
    return [flat[i::width] for i in range(width)]


def _why(error: Exception) -> str:
    return TRUNCATED if isinstance(error, EOFError) else DAMAGED


class _Unpacked(io.RawIOBase):
    """A gzip file's bytes, given as they are unpacked: what comes before a break must not be lost with it."""

    def __init__(self, source: io.BufferedReader) -> None:
        super().__init__()
        self._gzip = gzip.GzipFile(fileobj=source)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer comes as a memoryview here
        chunk = self._gzip.read1(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _Recoded(io.RawIOBase):
    """A byte stream of another encoding as UTF-8."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        super().__init__()
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._source.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer comes as a memoryview here
        while not self._left:
            raw = self._source.read(_SNIFF_BYTES)
            self._left = self._decoder.decode(raw, final=not raw).encode("utf-8")
            if not raw:
                break
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, _BUFFER_BYTES)
