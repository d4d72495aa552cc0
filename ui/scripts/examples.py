"""The scripts that are shipped as examples: what a new one may begin with.

Any thread; reads the program's own files.
"""

from __future__ import annotations

from importlib import resources

from noc_alerts.model.scripts import Script

#: What an empty script begins with: it runs as it is.
FIRST = """// What this script looks for, in one line.
function main(data) {
  return { value: 0, message: "Nothing to say yet.", rows: [] };
}
"""


def examples() -> list[tuple[str, Script]]:
    """Give (title, a script that is not stored yet) of every example, by title; the title is the first comment."""
    folder = resources.files("resources").joinpath("scripts")
    found = []
    for file in folder.iterdir():
        if file.name.endswith(".js"):
            source = file.read_text(encoding="utf-8")
            title = source.partition("\n")[0].strip().lstrip("/* ").rstrip("*/. ")
            stem = file.name.removesuffix(".js")
            found.append((title, Script(None, title[:100] or stem, source, stock=stem)))
    return sorted(found, key=lambda each: each[0].casefold())
