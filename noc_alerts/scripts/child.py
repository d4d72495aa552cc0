"""The child: shuts itself in, runs one script, and says what came of it. Started anew for every run, killed by its parent.

Runs as a file of its own under `python -I -S` (in the packaged program: by `--script-child`), so that it starts in
milliseconds: it must import nothing but a little of the standard library and the engine's own module; not the package `quickjs`
around it either, which starts threads.

Frames both ways, over stdin and stdout: 4 bytes of length, big endian, then UTF-8. In: a JSON header, the source, the data; then
answers to `get`, "+" and JSON text or "-" and a sentence. Out: JSON objects, `t` names the kind (see answers.py).
"""

import json
import math
import os
import sys
import time

TYPE_CHECKING = False  # `typing` itself would cost a fifth of the start
if TYPE_CHECKING:
    from typing import Any

OVERTIME = 0.9  # s after the limit at which the child ends itself, should the parent not be there to kill it


def read_frame() -> bytes:
    """Read one frame; leave at the end of the pipe: the parent is gone or wants no answer."""
    size = sys.stdin.buffer.read(4)
    if len(size) < 4:
        os._exit(3)
    length = int.from_bytes(size, "big")
    content = sys.stdin.buffer.read(length)
    if len(content) < length:
        os._exit(3)
    return content


def send(kind: str, **fields: object) -> None:
    """Write one frame."""
    content = json.dumps({"t": kind, **fields}).encode()
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def bound(name: str, value: int) -> None:
    """Lower one of the process's own limits for good; leave it where this system does not know it or has a lower one."""
    import resource

    number = getattr(resource, name, None)
    if number is None:
        return
    _, hard = resource.getrlimit(number)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(number, (value, value))
    except (ValueError, OSError):  # macOS refuses some; the memory of the script is bounded by the engine as well
        return


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, and to never give it more rights than it has."""
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(1, ctypes.c_ulong(9), 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    prctl(38, ctypes.c_ulong(1), 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if os.getppid() != parent:  # it ended before the request
        os._exit(3)


def end_after(seconds: float) -> None:
    """End this process by force after so many seconds, whatever the engine is doing then."""
    if sys.platform == "win32":
        import _thread

        def wait_and_end() -> None:
            time.sleep(seconds)
            os._exit(3)

        _thread.start_new_thread(wait_and_end, ())
    else:
        import signal

        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def confine(header: "dict[str, Any]") -> None:
    """Give up everything the script must not have; what is imported and open by now stays."""
    end_after(header["time_s"] + OVERTIME)
    if sys.platform == "win32":
        return
    if sys.platform == "linux":
        die_with_parent(header["parent"])
    bound("RLIMIT_CORE", 0)
    bound("RLIMIT_FSIZE", 0)
    bound("RLIMIT_NPROC", 0)
    bound("RLIMIT_CPU", int(header["time_s"]) + 2)
    bound("RLIMIT_AS", header["child_memory"])
    bound("RLIMIT_NOFILE", 3)  # the three it has; no other can be opened


#: So much of the time may be spent computing: on a busy machine the process's own clock runs slower than the parent's, and
#: only an engine that stops itself can tell its line.
COMPUTING = 0.9


class Disarm:
    """Switch the engine's time limit off when it is dropped: see Run.arm."""

    def __init__(self, context: "Any") -> None:
        self.context = context

    def __call__(self) -> None:
        """Be callable, as add_callable asks."""

    def __del__(self) -> None:
        self.context.set_time_limit(-1)


# Takes the callables off the global object before any user code runs; each call of what it gives drops one of them.
DROPPER = """(count => {
  const held = [];
  for (let i = 0; i < count; i += 1) { held[i] = globalThis["__disarm" + i]; delete globalThis["__disarm" + i]; }
  let next = 0;
  return () => { held[next] = undefined; next += 1; };
})(COUNT)"""


class Run:
    """One script in one engine."""

    def __init__(self, engine: "Any", header: "dict[str, Any]") -> None:
        self.engine = engine
        self.header = header
        self.ends_at = time.monotonic() + header["time_s"]
        self.computes_until = math.inf
        self.done = False
        self.context = engine.Context()
        self.context.set_memory_limit(header["memory"])
        self.times_armed = header["max_gets"] + 1
        for number in range(self.times_armed):
            self.context.add_callable(f"__disarm{number}", Disarm(self.context))
        self.drop = self.context.eval(DROPPER.replace("COUNT", str(self.times_armed)))

    def arm(self) -> None:
        """Let the engine interrupt itself when the time is over, counted by this process's CPU time (Windows: by the wall clock).

        WORKAROUND: https://github.com/genotrance/quickjs-ng (module.c): with a time limit set it refuses every call into Python,
        so there would be no console and no api. But the interrupt handler stays installed when the limit is taken away while
        JavaScript runs; that happens here, by a callable that is freed during a call. Should a later version do otherwise,
        the limit is only taken away: the parent's kill stands behind it all.
        """
        if self.times_armed == 0:  # a read too many: it was refused at once, no time was lost
            return
        self.times_armed -= 1
        budget = max((self.ends_at - time.monotonic()) * COMPUTING, 0.001)
        self.computes_until = time.process_time() + budget
        self.context.set_time_limit(budget)
        self.drop()
        self.context.set_time_limit(-1)

    def out(self, kind: str, text: str | None) -> None:
        """Pass on what the prelude says: a line of the log, or the end."""
        if kind == "log":
            send("log", **json.loads(text or "{}"))  # None: no room was left to hand the text over
        elif kind == "result":
            self.done = True
            if text is None or len(text.encode()) > self.header["max_result"]:
                send("refused", text=f"The result is larger than {self.header['max_result'] // 1024} KB.")
            else:
                send("result", text=text)
        else:
            self.done = True
            send(self.ended_as(kind), **json.loads(text or '{"text": "null"}'))

    def ask(self, text: str) -> str:
        """Ask the parent to read a path of the switch; the time it takes counts."""
        send("get", **json.loads(text))
        answer = read_frame().decode()
        self.arm()
        return answer

    def run(self, source: str, data: str) -> None:
        """Run the script to its end; sends exactly one last frame."""
        try:
            self.context.add_callable("__out", self.out)
            self.context.add_callable("__ask", self.ask)
            go = self.context.eval("\n" * (self.header["first_line"] - 1) + self.header["prelude"])
            given = self.context.parse_json(data)
            self.arm()
            go(self.load(source), given)
            self.pump()
        except self.engine.JSException as error:
            if not self.done:
                self.tell(str(error))
        except MemoryError:
            send("failed", text="out of memory")

    def load(self, source: str) -> "Any":
        """Evaluate the user's source as a module; give the engine's promise of it."""
        try:
            return self.context.module(source + self.header["trailer"])
        except self.engine.JSException as error:
            self.done = True
            self.tell(str(error), kind="unreadable")
            raise

    def tell(self, text: str, kind: str = "failed") -> None:
        """Send the engine's own words: the error, then a line for each place."""
        message, _, stack = text.partition("\n")
        send("time" if message == "InternalError: interrupted" else self.ended_as(kind), text=message, stack=stack)

    def ended_as(self, kind: str) -> str:
        """Give how it ended: what was interrupted may have said something else on its way out."""
        over = time.process_time() >= self.computes_until or time.monotonic() >= self.ends_at
        return "time" if over else kind

    def pump(self) -> None:
        """Run the promises' jobs until there is a result, none is left or the time is over."""
        while not self.done:
            if time.monotonic() > self.ends_at:
                send("time")
                return
            if not self.context.execute_pending_job():
                break
        if not self.done:
            send("refused", text="The script waits for a promise that is never kept, so main gives no result.")


def load_engine(path: str) -> "Any":
    """Import the engine: from its file, or in the packaged program (path "") by name."""
    if not path:
        import _quickjs  # type: ignore[import-not-found]  # no type information published

        return _quickjs
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    loader = ExtensionFileLoader("_quickjs", path)
    engine = loader.create_module(ModuleSpec("_quickjs", loader, origin=path))
    loader.exec_module(engine)
    return engine


def main(engine_path: str = "") -> None:
    """Serve one run and end the process."""
    header = json.loads(read_frame())
    source = read_frame().decode()
    data = read_frame().decode()
    engine = load_engine(engine_path)
    confine(header)
    Run(engine, header).run(source, data)
    os._exit(0)  # nothing to tidy: the parent kills it now anyway


if __name__ == "__main__":
    main(sys.argv[1])
