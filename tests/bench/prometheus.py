"""What a user would pick instead: Prometheus, judging the same 1,000 rules over the counters of the same 2,000 customers.

Its own clock over one evaluation of the rule group, read from its own /metrics. Storage, ports and process are temporary.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from noc_alerts.model.alerts import Alert, Area
from tests.bench.children import end, helper
from tests.bench.figures import Figure, middle
from tests.bench.ticks import HOUR_RECORDS, RULES
from tests.bench.traffic import rules

PROGRAM = "prometheus"
CUSTOMERS = 2000
SCRAPE_S, RUN_S = 5, 125
#: Ratios must be proven by more than one evaluation with data in the windows.
LEAST = 3
_DURATION = re.compile(r"^prometheus_rule_group_last_duration_seconds\{[^}]*\} (\S+)$", re.MULTILINE)
_EVALUATED = re.compile(r"^prometheus_rule_group_last_evaluation_timestamp_seconds\{[^}]*\} (\S+)$", re.MULTILINE)
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def missing() -> str:
    """Say why Prometheus cannot be compared with here, "" when it can."""
    return "" if shutil.which(PROGRAM) else "Prometheus is not installed here, so the comparison with it is left out."


def expression(alert: Alert) -> str:
    """Write a rule in PromQL."""
    assert alert.sample_period is not None  # all made rules have one
    minutes = round(alert.sample_period.total_seconds() / 60)

    def grown(name: str) -> str:
        return f"increase(noc_{name}[{minutes}m])"

    value, calls = {
        Area.ASR: (f"100 * {grown('answered')} / {grown('attempts')}", "attempts"),
        Area.NER: (f"100 * {grown('effective')} / {grown('attempts')}", "attempts"),
        Area.PDD: (f"{grown('pdd_ms')} / {grown('pdd_calls')} / 1000", "pdd_calls"),
        Area.ACD: (f"{grown('talk_ms')} / {grown('answered')} / 1000", "answered"),
    }[alert.area]
    return f"{value} {alert.operator.value} {alert.threshold} and {grown(calls)} >= {alert.min_calls}"


def write_configuration(folder: Path, exporter_port: int) -> Path:
    """Write the configuration and the rules (JSON is YAML); give the configuration's path."""
    made = [{"alert": f"rule_{a.id}", "expr": expression(a), "for": f"{round(a.hold.total_seconds())}s"} for a in rules(RULES)]
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "interval": f"{SCRAPE_S}s", "rules": made}]}))
    configuration = {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "noc", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}],
    }
    path = folder / "prometheus.yml"
    path.write_text(json.dumps(configuration))
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(folder: Path, configuration: Path) -> Iterator[str]:
    """Run Prometheus until the context ends; give its address."""
    address = f"127.0.0.1:{_free_port()}"
    log = (folder / "log").open("w+")
    process = subprocess.Popen(
        [
            PROGRAM,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--log.level=warn",
        ],
        cwd=folder,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(process, address, log.name)
        yield f"http://{address}"
    finally:
        end(process)
        log.close()


def _wait_until_ready(process: subprocess.Popen[str], address: str, log: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with _OPEN.open(f"http://{address}/-/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    said = Path(log).read_text(errors="replace").strip().splitlines()
    raise RuntimeError(f"Prometheus did not start: {said[-1] if said else 'it said nothing'}")


def _watch(url: str, seconds: float) -> list[tuple[float, float]]:
    """Read its own metrics for a while; give (moment, duration in s) of each evaluation."""
    seen: dict[float, float] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        with _OPEN.open(f"{url}/metrics", timeout=60) as response:
            text = response.read().decode()
        at, took = _EVALUATED.search(text), _DURATION.search(text)
        if at and took and float(at[1]) > 0:
            seen[float(at[1])] = float(took[1])
    return sorted(seen.items())


def _alive(url: str) -> tuple[int, str]:
    """Give the number of alerts that are pending or firing, and the version."""
    with _OPEN.open(f"{url}/api/v1/alerts", timeout=60) as response:
        alerts = len(json.load(response)["data"]["alerts"])
    with _OPEN.open(f"{url}/api/v1/status/buildinfo", timeout=10) as response:
        return alerts, str(json.load(response)["data"]["version"])


def measure() -> list[Figure]:
    """Measure one evaluation of the rule group; the median over those with at least a minute of samples in the windows."""
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as name:
        folder = Path(name)
        with helper("tests.bench.exporter", str(CUSTOMERS), str(HOUR_RECORDS / 3600)) as port:
            configuration = write_configuration(folder, int(port))
            with _running(folder, configuration) as url:
                began = time.time()
                seen = _watch(url, RUN_S)
                alive, version = _alive(url)
    late = [took for at, took in seen if at - took >= began + 60]
    if len(late) < LEAST:
        late = [took for _, took in seen][-LEAST:]
    if not late:
        raise RuntimeError(f"Prometheus did not finish one evaluation of {RULES} rules in {RUN_S} s.")
    how = (
        f"Prometheus {version}, its own clock, median of {len(late)} evaluations (of {len(seen)} in {RUN_S} s); windows hold at "
        f"most {RUN_S} s of samples, which favours it; {alive:,} alerts alive"
    )
    return [Figure("prometheus", "Prometheus: one evaluation of the same 1,000 rules", middle(late), "s", how=how)]
