"""The core of noc_alerts: calls in, factors, rules, alarms, messages out.

Works without a window; must not import Qt or `ui`.
"""

__version__ = "0.1.0"
