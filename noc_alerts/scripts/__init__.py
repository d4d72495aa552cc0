"""Users' JavaScript, run where it can do no harm: a process of its own that is killed when it must be.

`runner.run` is the door; it blocks, so the `script` thread calls it, never the window's or the engine's. `process` starts and
kills the child, `child` is that child (a file of its own: it imports nothing of noc_alerts), `prelude` is the JavaScript around
the user's, `answers` turns what the child says into an Outcome or a sentence. Must not import Qt, the store or requests.
"""
