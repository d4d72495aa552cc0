"""Stories of the first minutes: what the program says when it is empty, and looking back at call records from a file."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hands import Hands

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(60)]
RECORDS = Path(__file__).parents[1] / "data" / "kamailio_incident_sample.csv.gz"


def test_an_empty_profile_shows_three_ways(open_window: Callable[..., Hands]) -> None:
    see = open_window()
    assert see.words("welcome_title") == "Welcome. Nothing is watched yet."
    for name, words in (("connect", "Connect a switch"), ("import", "Open call records"), ("demo", "Start the demo")):
        assert see.words(f"welcome_{name}").startswith(words)
    told = see.words("welcome_told")
    assert "e-mail is not set up" in told, told
    assert "no notification area" in told, told
    see.shot("01-first-run")
    see.press("1")
    see.until(lambda: see.look("switch_kind"), 5, "key 1 opens the form of a new switch")
    see.press("Ctrl+1")
    see.until(lambda: see.look("welcome_title"), 5, "Ctrl+1 leads back")
    see.press("2")
    see.until(lambda: see.look("import_drop"), 5, "key 2 opens the import")
    see.press("Esc")
    see.until(lambda: not see.look("import_drop"), 5, "Esc closes it")


def test_call_records_show_the_collapse_of_bravo(open_window: Callable[..., Hands]) -> None:
    see = open_window()
    see.press("2")
    see.until(lambda: see.look("import_choose"), 5, "the import opens")
    see.click("import_choose")
    see.until(lambda: see.look("fileNameEdit"), 5, "the files can be chosen")
    see.fill("fileNameEdit", str(RECORDS))
    see.press("Return")
    see.until(lambda: see.row_of("import_files", RECORDS.name, "columns"), 5, "the columns are shown")
    see.shot("02-import-columns")
    see.click("import_start")
    see.until(lambda: see.look("import_charts"), 20, "the report is shown")
    report = see.all_words("import_dialog")
    assert "2,000 call records imported" in report, report
    see.shot("02-import-report")
    see.click("import_charts")
    see.until(lambda: see.look("charts") and not see.look("import_dialog"), 5, "the charts open")
    see.until(lambda: "bravo" in see.all_words("charts") and "ASR" in see.all_words("charts"), 10, "bravo's ASR is drawn")
    # the day stands before the time, unless it is today's
    ends = re.compile(r"records end (\w+ )*20:05")
    see.until(lambda: ends.search(see.all_words("charts")), 10, "the chart stands at the data's own time")
    see.shot("02-charts")
    see.click("charts_range_1h")
    # the lowest point of what is drawn is the collapse: bravo's ASR stays above 30 % outside it
    see.until(lambda: lowest_drawn(see) < 30, 10, "the collapse is drawn")
    see.shot("02-charts-1h")
    see.press("Ctrl+1")
    see.until(lambda: "Imported call records" in see.all_words("overview_page"), 5, "it is said that nothing is watched")
    see.shot("02-overview")


def lowest_drawn(see: Hands) -> float:
    """Return the lowest value of the chart's curve where it rests on enough calls."""
    canvas = see.find("chart_canvas")
    drawn = canvas.drawn  # type: ignore[attr-defined]  # pyqtgraph publishes no types
    judged = drawn.value[drawn.calls >= 50]
    return float(np.nanmin(judged)) if len(judged) else 100.0
