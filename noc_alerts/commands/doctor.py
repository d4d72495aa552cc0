"""`noc-alerts doctor`: look at the profile, the switches and the ways to tell people; a line each. Sends nothing."""

from pathlib import Path

from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import NocError, SecretsError
from noc_alerts.notify.email import check_smtp
from noc_alerts.paths import open_profile
from noc_alerts.scheduler import utc_now
from noc_alerts.secrets import Secrets
from noc_alerts.settings import Messages, load
from noc_alerts.store import Store, open_store
from noc_alerts.switches.factory import SMTP_SECRET, open_switch


def run_doctor(folder: Path | None) -> int:
    """Print what was found; exit 1 when something does not work."""
    profile = open_profile(folder)
    print(f"profile   {profile.folder}")
    store = open_store(profile.folder)
    secrets = Secrets(profile.folder)
    try:
        mebibytes = store.calls.size_bytes() / 2**20
        print(f"store     whole; {len(store.alerts.all())} alerts, {store.alarms.count_active()} active alarms, "
              f"{store.outbox.waiting()} messages waiting, call records {mebibytes:.0f} MB")  # fmt: skip
        print(f"secrets   kept in {secrets.place.value}")
        well = [_switches(store, secrets), _mail(store, secrets)]
    finally:
        store.close()
    return 0 if all(well) else 1


def _switches(store: Store, secrets: Secrets) -> bool:
    well = True
    for connection in store.connections.all():
        if not connection.enabled or not connection.live:
            print(f"switch    {connection.name}: off, {store.calls.count(connection.id or 0):,} records kept")
            continue
        if connection.demo:
            print(f"switch    {connection.name}: the built-in demo, which runs only while the demo is open")
            continue
        try:
            switch = open_switch(connection, secrets.get)
            try:
                steps = list(switch.check(utc_now()))
            finally:
                switch.close()
        except NocError as error:
            print(f"switch    {connection.name}: {error.sentence}")
            well = False
            continue
        well &= _print_steps(f"switch    {connection.name}", steps)
    return well


def _mail(store: Store, secrets: Secrets) -> bool:
    smtp = load(store.settings, Messages).smtp
    if smtp is None:
        print("e-mail    not set up: nobody outside this computer would be told")
        return True
    try:
        password = secrets.get(SMTP_SECRET) or ""
    except SecretsError as error:
        print(f"e-mail    {error.sentence}")
        return False
    return _print_steps("e-mail   ", list(check_smtp(smtp, password, None, utc_now())))


def _print_steps(who: str, steps: list[CheckStep]) -> bool:
    for step in steps:
        mark = "ok  " if step.ok else "FAIL"
        print(f"{who}: {mark} {step.what}: {step.answer} ({step.took.total_seconds():.2f} s)")
    return all(step.ok for step in steps)
