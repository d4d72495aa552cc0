"""The real switch of tests/live/kamailio as a fixture: started once a session in a folder of its own, stopped by its pids."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

SCRIPTS = Path(__file__).parent / "kamailio"
#: Its ports are fixed, so there is one rig at a time on a machine.
PORTS = (8060, 15432)
LOCK_WAIT_S = 900
START_S = 600
TOOLS = ("bash", "curl", "runuser", "setsid", "apt-get", "dpkg-query")


@dataclass
class Rig:
    """A running switch. `traffic` and `rpc` drive it; the adapter under test gets the addresses and keys."""

    folder: Path
    http_url: str = "http://127.0.0.1:8060/rpc"
    api_key: str = "rig-secret-key"
    database_url: str = "postgresql://kamailio@127.0.0.1:15432/kamailio"
    database_password: str = "rigpw"
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """Give the environment its scripts run in."""
        return {**os.environ, "RIG_DIR": str(self.folder)}

    @property
    def options(self) -> dict[str, str]:
        """Give the options of a connection to it."""
        return {"api_url": self.http_url, "database_url": self.database_url}

    @property
    def secrets(self) -> dict[str, str]:
        """Give the secrets of a connection to it."""
        return {"api_key": self.api_key, "database_password": self.database_password}

    def traffic(self, seconds: int, cps: float, incidents: Sequence[str] = (), only: str = "") -> "subprocess.Popen[str]":
        """Place real calls; returns at once. `incidents`: "bravo:asr:AT:FOR". It ends when the last call has ended; its output
        is one JSON line that says what ran when."""
        command = [str(SCRIPTS / "traffic"), str(seconds), str(cps)]
        for incident in incidents:
            command += ["--incident", incident]
        if only:
            command += ["--only", only]
        process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.running.append(process)
        return process

    def rpc(self, method: str, *params: str | int) -> Any:
        """Ask the switch for any method, past the adapter; give its result. Raises AssertionError on an error."""
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1}).encode()
        headers = {"Content-Type": "application/json", "X-API-Key": self.api_key}
        request = urllib.request.Request(self.http_url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method}: {error.read()!r}") from error
        return answer["result"]

    def restart_switch(self) -> None:
        """End Kamailio by its pid and start it again; database and carriers stay."""
        pid_file = self.folder / "run" / "kamailio.pid"
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, signal.SIGTERM)
        gone = subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=30, check=False)
        assert gone.returncode == 0
        self.start()

    def start(self) -> None:
        """Start whatever is not running. Raises CalledProcessError."""
        # into a file, not a pipe: what it starts keeps its output open
        with (self.folder / "start.log").open("a") as log:
            subprocess.run([SCRIPTS / "start"], env=self.env, stdout=log, stderr=log, timeout=START_S, check=True)

    def stop(self) -> None:
        """End traffic and everything that was started, by pid, and remove its folder."""
        for process in self.running:
            process.terminate()
            process.communicate(timeout=30)
        subprocess.run([SCRIPTS / "stop", "--wipe"], env=self.env, stdout=subprocess.DEVNULL, timeout=60, check=True)


def _reason_not_to_run() -> str:
    if os.name != "posix" or os.geteuid() != 0:
        return "The rig needs a Linux machine and root, to install Kamailio and to start PostgreSQL as its own user."
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"The rig needs Debian 12 with {', '.join(missing)}."
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return f"Port {port} is used by another program, and the rig's ports are fixed."
    return ""


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """Start the real switch, or skip with the reason why it cannot run here."""
    lock = FileLock(Path(tempfile.gettempdir()) / "noc-alerts-kamailio-rig.lock")
    try:
        lock.acquire(timeout=LOCK_WAIT_S)
    except Timeout:
        pytest.skip(f"Another run kept the rig for {LOCK_WAIT_S} s.")
    try:
        reason = _reason_not_to_run()
        if reason:
            pytest.skip(reason)
        # short: PostgreSQL's and Kamailio's sockets lie in it, and a socket's path has 107 characters at most
        it = Rig(Path(tempfile.mkdtemp(prefix="noc-rig-")))
        try:
            try:
                it.start()
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                log = (it.folder / "start.log").read_text(errors="replace").strip().splitlines()
                pytest.skip(f"The rig cannot start here: {log[-1] if log else 'no output'}")
            yield it
        finally:
            it.stop()
    finally:
        lock.release()
