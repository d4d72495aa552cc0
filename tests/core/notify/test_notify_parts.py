"""What each text of a template becomes, and what the stock templates say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from conftest_notify import NOW, make_facts

from noc_alerts.model.deliveries import Cause, Channel, Facts, Row
from noc_alerts.model.templates import MAX_PART, PARTS, Template
from noc_alerts.notify.render import (
    STOCK_NAMES,
    Message,
    channel_texts,
    part_length,
    render,
    stock_template,
    template_name,
)
from noc_alerts.notify.samples import SAMPLE_NOW, sample_facts
from noc_alerts.notify.sms_text import sms_segments

PENALTY = "Asks for a block of 1 h. Nothing is placed on the switch."


def own(text: str = "t", **parts: str) -> Template:
    return Template(None, "own", parts.pop("subject", "s"), text, **parts)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_html_is_made_from_the_text_when_there_is_none() -> None:
    page = Tags(render(make_facts(title="<script>"), NOW, NOW, own("{{ title }} & co\nsecond\n\n\nthird")).html)
    assert page.seen[-3:] == ["p", "br", "p"]
    assert "script" not in page.seen
    assert [text for text in page.texts if text][-3:] == ["<script> & co", "second", "third"]


def test_parts_fall_back_to_subject_and_text() -> None:
    message = render(make_facts(), NOW, NOW, own("first line\nsecond line", subject="the subject"))
    assert message.sms == "first line\nsecond line"
    assert (message.push_title, message.push_message) == ("the subject", "first line\nsecond line")
    message = render(make_facts(), NOW, NOW, own(sms="{{ area }} {{ value }} ≤", push_title="{{ name }}", push_message="go"))
    assert (message.sms, message.push_title, message.push_message) == ("ASR 5.4 % <=", "Low ASR", "go")
    assert channel_texts(message, Channel.TRAY) == ("Low ASR", "go")
    assert channel_texts(message, Channel.SMS) == ("s", "ASR 5.4 % <=")
    assert channel_texts(message, Channel.EMAIL) == ("s", "t\n")


def test_a_part_that_comes_out_empty_falls_back_too() -> None:
    message = render(make_facts(), NOW, NOW, own(sms="{% if false %}x{% endif %}", push_message=" ", html="{# nothing #}"))
    assert (message.sms, message.push_message) == ("t", "t")
    assert ">t</p>" in message.html


@pytest.mark.parametrize("cause", list(Cause))
def test_marks_stand_in_every_part_of_any_template(cause: Cause) -> None:
    template = own("x", subject="x", html="x", sms="x", push_title="x", push_message="x")
    for message in (
        render(make_facts(cause=cause, demo=True), NOW, NOW + timedelta(hours=3), template),
        render(make_facts(cause=cause, demo=True), NOW, NOW + timedelta(hours=3), own("x", subject="x")),
    ):
        texts = [getattr(message, part) for part in PARTS]
        assert all("DEMO" in text for text in texts)
        assert all(("TEST" in text) == (cause is Cause.TEST) for text in texts)
        assert all("late" in text.lower() for text in (message.text, message.html, message.sms, message.push_message))


def test_no_name_can_forge_a_header_through_any_part() -> None:
    name = "bravo\r\nBcc: all@example.test\u2029\x85"
    for template in (None, own("{{ company }}", subject="{{ company }}", sms="{{ company }}", push_title="{{ company }}")):
        message = render(make_facts(subject=name, company=name, title=name, penalty=name, message=name), NOW, NOW, template)
        assert not set("\r\n\x85\u2028\u2029") & set(message.subject + message.push_title)
        assert "\r" not in message.text + message.sms + message.push_message
        assert not any(line.startswith("Bcc") for line in (message.text + "\n" + message.sms).splitlines())


def test_a_template_with_line_ends_in_its_titles_gives_one_line() -> None:
    message = render(make_facts(), NOW, NOW, own(subject="a\r\nBcc: x@example.test\n{{ title }}", push_title="b\nc"))
    assert (message.subject, message.push_title) == ("a Bcc: x@example.test Low ASR", "b c")


def test_what_is_too_long_is_cut_and_its_length_told() -> None:
    woman = "👩\u200d🚒"
    message = render(make_facts(), NOW, NOW, own(
        subject="s" * 300, sms="é" * 1_600, push_title="p" * 251, push_message="m" * 1_022 + woman + "m",
    ))  # fmt: skip
    assert part_length(message, "subject") == (300, 200)
    assert part_length(message, "sms") == (1_600, 1_530)
    assert part_length(message, "push_title") == (251, 250)
    assert part_length(message, "push_message") == (1_026, 1_024)
    assert part_length(message, "text") == (2, 100_000)
    assert sms_segments(message.sms) == (10, "GSM-7")
    assert len(message.push_title) == 250
    assert message.push_message == "m" * 1_022 + "…"
    short = render(make_facts(), NOW, NOW, own(sms="x"))
    assert part_length(short, "sms") == (1, 1_530)


def test_a_stock_text_message_is_one_segment() -> None:
    for cause in Cause:
        message = render(sample_facts(cause), SAMPLE_NOW, SAMPLE_NOW)
        assert sms_segments(message.sms) == (1, "GSM-7")
        assert message.sms.splitlines()[0].removeprefix("TEST ") in message.text.replace("\u2009", " ")
    cyrillic = render(make_facts(subject="перевозчик " + "браво" * 10), NOW, NOW).sms
    assert sms_segments(cyrillic) == (1, "UCS-2")
    assert cyrillic.endswith("...")


def test_a_template_as_large_as_it_may_be_is_written() -> None:
    assert len(render(make_facts(), NOW, NOW, own("x" * MAX_PART)).text) == MAX_PART + 1


# --- the stock templates ----------------------------------------------------------------------------------------------


def of(facts: Facts) -> Message:
    return render(facts, facts.at, facts.at)


def test_the_two_stock_names() -> None:
    assert STOCK_NAMES == ("alert", "report")
    with pytest.raises(KeyError):
        stock_template("own")
    assert [template_name(make_facts(template=name, cause=cause)) for name in ("alert", "report", "own")
            for cause in (Cause.RAISED, Cause.REPORT)] == ["alert", "report", "alert", "report", "own", "own"]  # fmt: skip
    assert template_name(make_facts(cause=Cause.TEST, operator="always")) == "report"


def test_a_repeat_and_an_eased_alarm_say_so() -> None:
    later = NOW + timedelta(minutes=41)
    repeat = of(make_facts(cause=Cause.REPEAT, at=later))
    assert repeat.subject == "Still critical: carrier bravo ASR 5.4 % < 30 %"
    assert "In alarm since 2026-03-01 04:12 UTC, for 41 min." in repeat.text.replace("\u2009", " ")
    eased = of(make_facts(cause=Cause.EASED, level="warning", value=22.0, at=later, reason="eased"))
    assert eased.subject == "Eased to warning: carrier bravo ASR 22.0 % < 30 %"
    assert "\nIt is no longer critical.\n" in eased.text
    assert "no longer critical" in eased.html


@pytest.mark.parametrize(("reason", "words"), [
    ("off hours", "the hours of its alert are over"), ("company gone", "the switch no longer lists the company"),
    ("no data", "there is no data any more"),
])  # fmt: skip
def test_an_alarm_that_ended_otherwise_says_why(reason: str, words: str) -> None:
    message = of(make_facts(cause=Cause.CLEARED, reason=reason, value=None, calls=None))
    assert message.subject == "Closed: carrier bravo ASR < 30 %"
    assert words in message.text
    assert words in message.html


def test_penalty_and_script_stand_in_the_stock_texts() -> None:
    rows = (Row("41445550123", 12.0, "", "60 calls", "fails on bravo only"), Row("41445550124", None, message="new"))
    facts = make_facts(
        area="Script", operator="", threshold=None, limit="", unit="", value=2.0, penalty=PENALTY, rows=rows, rows_cut=3,
        message="2 numbers fail on bravo only.",
    )  # fmt: skip
    message = of(facts)
    assert message.subject == "Critical: carrier bravo: Low ASR"
    for text in (message.text, message.html):
        assert all(words in text for words in (PENALTY, "2 numbers fail on bravo only.", "The value is 2.", "and 3 more"))
    assert "\n41445550123: 12 (60 calls), fails on bravo only\n41445550124: new\nand 3 more\n" in message.text


def test_a_penalty_is_told_only_while_it_is_asked_for() -> None:
    told = {cause for cause in Cause if PENALTY in of(make_facts(cause=cause, penalty=PENALTY)).text}
    assert told == {Cause.RAISED, Cause.REPEAT}


def test_an_alarm_about_missing_data_says_so_and_names_no_limit() -> None:
    facts = make_facts(limit="no data for 10 min", value=None, calls=None, reason="no data")
    raised = of(facts)
    assert raised.subject == "Critical: carrier bravo ASR no data for 10 min"
    assert raised.text.startswith("Critical: carrier bravo ASR no data for 10 min.\nIn alarm since")
    back = of(replace(facts, cause=Cause.CLEARED, reason="data back", value=44.1, calls=120))
    assert back.subject == "Cleared: carrier bravo, was ASR no data for 10 min"
    assert "\nThe value is 44.1" in back.text
    for message in (raised, back):
        assert "limit" not in message.text + message.html


def report(**changes: Any) -> Facts:
    facts = replace(
        sample_facts(Cause.REPORT, datetime(2026, 7, 1, 6, 0, tzinfo=UTC)), subject="12 carriers",
        rows=(Row("carrier bravo", 5.4, "%", "294 attempts in 1 h"), Row("carrier echo", 31.2, "%")), rows_cut=10,
    )  # fmt: skip
    return replace(facts, **changes)


def test_a_report_is_a_table_in_local_time() -> None:
    message = of(report())
    assert message.subject == "ASR report, 08:00, 12 carriers"
    assert message.text.replace("\u2009", " ") == (
        "ASR report, 2026-07-01 08:00 Europe/Zurich, 12 carriers.\n\n"
        "carrier bravo: 5.4 % (294 attempts in 1 h)\ncarrier echo: 31.2 %\nand 10 more\n\n"
        "Alert: ASR of the carriers\nSwitch: sgp-1\n"
    )
    page = Tags(message.html)
    assert page.seen.count("tr") == 2 + 2
    assert page.texts.index("carrier bravo") < page.texts.index("carrier echo")
    assert "and 10 more" in page.texts
    assert "In alarm" not in message.text + message.html


def test_a_report_says_which_of_two_equal_hours_it_means() -> None:
    texts = [of(report(at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))).text.splitlines()[0] for hour in (0, 1)]
    assert "2026-10-25 02:30 Europe/Zurich (UTC+2)" in texts[0]
    assert "2026-10-25 02:30 Europe/Zurich (UTC+1)" in texts[1]
    assert "06:00 UTC" in of(report(zone="Nowhere/At-all")).text


def test_a_report_without_a_line_and_a_tried_one_say_so() -> None:
    assert "There is nothing to list." in of(report(rows=(), rows_cut=0)).text
    tried = of(report(cause=Cause.TEST))
    assert tried.subject == "TEST ASR report, 08:00, 12 carriers"
    assert "carrier bravo: 5.4" in tried.text
    script = of(report(area="Script", title="CLI blocks", message="Two numbers.", unit=""))
    assert script.subject == "CLI blocks, 08:00, 12 carriers"
    assert "Two numbers." in script.text


def test_a_report_of_many_lines_still_goes_out() -> None:
    many = of(report(rows=tuple(Row(f"carrier {n}", 1.0, "%", "1 attempt") for n in range(1_000)), rows_cut=5))
    assert "carrier 199: 1.0" in many.text
    assert "carrier 200:" not in many.text
    assert "\nand 805 more\n" in many.text
    evil = of(report(rows=tuple(Row("<" * 500, 1.0, "&" * 500, "'" * 500, '"' * 500) for _ in range(1_000)), rows_cut=5))
    assert "\nand 985 more\n" in evil.text
