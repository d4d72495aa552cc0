"""The Overview: what is wrong now, who has it, what happens next; and the welcome of the first run.

Runs on the window's thread; fed by the bridge. Reads the store, writes nothing but acknowledgements through the service.
"""
