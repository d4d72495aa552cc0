"""What the program talks about: frozen dataclasses, enums and errors; no I/O, imports nothing of ours from outside."""
