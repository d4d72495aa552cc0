"""One file a switch: each reads call records, live calls, companies and readings from one kind of system.

Runs on the connection's own poll thread; must not import store, notify or Qt. Every failure leaves here as a SwitchError.
"""
