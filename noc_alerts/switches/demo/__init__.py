"""A switch of its own for trying the program and for testing it: a small carrier with incidents, on 127.0.0.1.

`DemoSwitch` runs its threads inside the program and shares nothing with the rest of it but the machine: it is read
over HTTP like any other switch.
"""

from noc_alerts.switches.demo.incidents import Incident, IncidentKind
from noc_alerts.switches.demo.server import DemoSwitch, FailMode, Seen

__all__ = ["DemoSwitch", "FailMode", "Incident", "IncidentKind", "Seen"]
