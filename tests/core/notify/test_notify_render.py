"""Messages: their words, and templates that ask for more than they may."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from conftest_notify import NOW, make_facts

from noc_alerts.model.deliveries import Cause, Facts
from noc_alerts.model.errors import BadInput
from noc_alerts.model.templates import Template
from noc_alerts.notify import render_sandbox as rendering
from noc_alerts.notify.render import STOCK_NAMES, Message, check_template, render, stock_template
from noc_alerts.notify.words import format_sample, format_span, format_time, format_value, one_line


def of(facts: Facts, after: timedelta = timedelta(0)) -> Message:
    return render(facts, NOW, NOW + after)


def fill(text: str, html: str = "") -> Message:
    return render(make_facts(), NOW, NOW, Template(None, "own", "s", text, html))


@pytest.mark.parametrize(
    ("value", "unit", "area", "expected"),
    [
        (5.44, "%", "ASR", "5.4 %"),
        (187.25, "s", "ACD", "187.2 s"),
        (4.8, "s", "PDD", "4.8 s"),
        (1412.5, "USD", "Balance", "1,412.50 USD"),
        (-3.5, "USD", "Balance", "\u22123.50 USD"),
        (-0.001, "USD", "Balance", "0.00 USD"),
        (12345.0, "calls", "Calls", "12,345 calls"),
        (0.25, "calls/s", "CPS", "0.25 calls/s"),
        (7.0, "", "", "7.00"),
        (None, "%", "ASR", "no value"),
        (float("nan"), "%", "ASR", "no value"),
    ],
)
def test_a_value_is_written_with_its_decimals_and_unit(value: float | None, unit: str, area: str, expected: str) -> None:
    assert format_value(value, unit, area).replace("\u2009", " ") == expected


def test_the_unit_stands_after_a_thin_space() -> None:
    assert format_value(5.4, "%") == "5.4\u2009%"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 s"),
        (12, "12 s"),
        (60, "1 min"),
        (90, "90 s"),
        (540, "9 min"),
        (3600, "1 h"),
        (6720, "1 h 52"),
        (172_800, "2 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_spans(seconds: int, expected: str) -> None:
    assert format_span(timedelta(seconds=seconds)).replace("\u2009", " ") == expected


def test_samples() -> None:
    assert format_sample(1294, "attempts", 300).replace("\u2009", " ") == "1,294 attempts in 5 min"
    assert format_sample(None, "reading", None) == "one reading"
    assert format_sample(None, "attempts", 300) == ""


def test_times_are_utc_and_name_another_day() -> None:
    east = datetime(2026, 3, 1, 12, 12, tzinfo=UTC).astimezone()
    assert format_time(east) == "2026-03-01 12:12 UTC"
    assert format_time(east, seen_on=NOW) == "12:12 UTC"
    assert format_time(east, seen_on=NOW + timedelta(days=1)) == "2026-03-01 12:12 UTC"


def test_one_line_takes_out_what_forges_lines_and_directions() -> None:
    assert one_line("a\r\nBcc: x\x00\x1b[2J\u2028b\u202ec\ud800") == "a Bcc: x [2J bc"
    assert one_line("x" * 600) == "x" * 499 + "…"


def test_a_raised_message_says_what_on_what_and_since_when() -> None:
    message = of(make_facts())
    assert message.subject == "Critical: carrier bravo ASR 5.4 % < 30 %"
    assert message.text.replace("\u2009", " ") == (
        "Critical: ASR of carrier bravo is 5.4 %. The limit is < 30 %.\n"
        "It rests on 294 attempts in 5 min.\n"
        "In alarm since 2026-03-01 04:12 UTC.\n\nAlert: Low ASR\nSwitch: sgp-1\n"
    )


def test_a_recovery_says_how_long_and_the_worst() -> None:
    facts = make_facts(cause=Cause.CLEARED, at=NOW + timedelta(minutes=112), value=44.1, worst=5.4, reason="kept")
    message = of(facts)
    assert message.subject == "Cleared: carrier bravo ASR 44.1 %, was < 30 %"
    text = message.text.replace("\u2009", " ")
    assert "The alarm lasted 1 h 52, from 2026-03-01 04:12 UTC to 2026-03-01 06:04 UTC." in text
    assert "The worst value was 5.4 %." in text


@pytest.mark.parametrize("reason", ["rule disabled", "rule deleted", "rule changed"])
def test_an_alarm_that_did_not_recover_is_not_called_cleared(reason: str) -> None:
    message = of(make_facts(cause=Cause.CLEARED, reason=reason))
    assert message.subject.startswith("Closed: ")
    assert "Cleared" not in message.text + message.html
    assert reason.removeprefix("rule ") in message.text


SWITCH = {
    "title": "Switch unreachable", "subject": "switch sgp-1", "area": "Switch", "operator": "", "threshold": None,
    "reset": None, "limit": "unreachable", "value": None, "unit": "", "calls": None, "rests_on": "",
    "reason": "sgp-1 does not answer: connection timed out.",
}  # fmt: skip


def test_a_switch_alarm_tells_a_state_and_no_value() -> None:
    raised = of(make_facts(**SWITCH))
    assert raised.subject == "Critical: switch sgp-1 unreachable"
    assert raised.text.startswith(
        "Critical: switch sgp-1 unreachable.\nsgp-1 does not answer: connection timed out.\nIn alarm since"
    )
    cleared = of(make_facts(**SWITCH, cause=Cause.CLEARED, at=NOW + timedelta(minutes=9)))
    assert cleared.subject == "Cleared: switch sgp-1, was unreachable"
    assert cleared.text.replace("\u2009", " ").startswith("Cleared: switch sgp-1, was unreachable.\n")
    assert "The alarm lasted 9 min" in cleared.text.replace("\u2009", " ")
    for message in (raised, cleared):
        assert "value" not in message.text + message.html
        assert "limit" not in message.text + message.html


def test_a_test_does_not_claim_an_alarm() -> None:
    message = of(make_facts(cause=Cause.TEST, value=44.1))
    assert message.subject == "TEST Critical: carrier bravo ASR 44.1 % (limit < 30 %)"
    assert "In alarm" not in message.text + message.html


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.REPORT])
def test_no_value_is_said_in_words(cause: Cause) -> None:
    message = of(make_facts(cause=cause, value=None, calls=None))
    assert "no value" in message.subject
    assert "no value" in message.text
    assert "None" not in message.subject + message.text + message.html


@pytest.mark.parametrize("cause", list(Cause))
def test_demo_and_test_stand_first_in_every_text(cause: Cause) -> None:
    message = of(make_facts(cause=cause, demo=True))
    assert message.subject.startswith("DEMO ")
    assert message.text.startswith("DEMO")
    first = Body.first_text(message.html)
    assert first.startswith("DEMO")
    if cause is Cause.TEST:
        assert message.subject.startswith("DEMO TEST ")
        assert "\nTEST: " in message.text
    assert of(make_facts(cause=Cause.TEST)).text.startswith("TEST")


class Body(HTMLParser):
    """Reads the text of a page's body."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "body"
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.inside and data.strip():
            self.texts.append(data.strip())

    @classmethod
    def first_text(cls, page: str) -> str:
        body = cls()
        body.feed(page)
        return body.texts[0]


@pytest.mark.parametrize("cause", list(Cause))
def test_html_is_escaped_and_fetches_nothing(cause: Cause) -> None:
    evil = '<img src="http://203.0.113.1/x.png"><script>alert(1)</script>'
    page = of(make_facts(cause=cause, subject=f"carrier {evil}", title=evil, switch=evil, limit=f"< {evil}")).html
    body = Body()
    body.feed(page)
    assert {tag for tag, _ in body.tags} <= {"html", "head", "meta", "title", "body", "p", "span", "strong", "table", "tr", "td"}
    assert not any({"src", "href", "background"} & set(attrs) for _, attrs in body.tags)
    assert "url(" not in page
    assert 'content="light dark"' in page


def test_a_late_message_says_when_it_was_made() -> None:
    assert "late" not in of(make_facts(), timedelta(minutes=2)).text
    assert of(make_facts(), timedelta(minutes=3)).text.startswith("This message is late: it was made at 04:12 UTC.\n")
    assert "made at 2026-03-01 04:12 UTC" in of(make_facts(), timedelta(hours=22)).html


def test_a_company_cannot_forge_headers_or_lines() -> None:
    name = "bravo\r\nBcc: all@example.test\r\n\r\nAll is well\u2029."
    message = of(make_facts(subject=f"carrier {name}", company=name, title=name))
    assert not set("\r\n\u2028\u2029") & set(message.subject)
    assert len(message.text.splitlines()) == len(of(make_facts()).text.splitlines())


def test_a_long_subject_is_cut() -> None:
    assert len(of(make_facts(subject="x" * 5000)).subject) == 200


def test_every_stock_template_is_sound() -> None:
    for name in STOCK_NAMES:
        assert check_template(stock_template(name)) == []


# --- templates that ask for too much ----------------------------------------------------------------------------------

GREEDY = {
    "text times a number": "{{ 'a' * 300000000 }}",
    "list times a number": "{{ [1] * 300000000 }}",
    "power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "squaring": "{% set a = 10 ** 17 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "format": "{{ '%999999999d' % 1 }}",
    "filter format": "{{ '%999999999d'|format(1) }}",
    "center": "{{ 'a'|center(999999999) }}",
    "indent": "{{ 'a'|indent(999999999) }}",
    "method": "{{ 'a'.ljust(999999999) }}",
    "str.format": "{{ '{:999999999}'.format(1) }}",
    "doubling by +": "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "doubling by ~": "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "doubling by ~ in a loop's test": "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 13
    + "{% for i in [1] if (a ~ a) == 'x' %}{% endfor %}",
    "replace": "{% set a = 'a' ~ 'a' ~ 'a' %}" + "{% set a = a|replace('a', a) %}" * 10 + "{{ a }}",
    "long output": "{% for i in range(1000) %}" + "x" * 200 + "{% endfor %}",
    "range": "{% for i in range(100000000) %}{% endfor %}",
    "silent loops": "".join(f"{{% for {c} in range(1000) %}}" for c in "abc") + "{% endfor %}" * 3,
    "loops that test only": "{% for a in range(1000) %}{% for b in range(1000) if b < 0 %}{% endfor %}{% endfor %}",
    "loops over text": "".join(f"{{% for {c} in title %}}" for c in "abcdefgh") + "{% endfor %}" * 8,
    "recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "macro": "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "lipsum": "{{ lipsum(n=100000) }}",
    "cycler": "{{ cycler('a').next() }}",
    "namespace": "{% set n = namespace(a='a') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    "pprint": "{{ title|pprint }}",
    "lists of lists": "{% set a = [title, title] %}" + "{% set a = [a, a] %}" * 60 + "{{ a|upper }}",
    "list put out": "{% for a in [[title], [title]] %}{{ a }}{% endfor %}",
    "object put out": "{{ range(5) }}",
    "long number": "{{ " + "9" * 30_000 + " }}",
    "include": "{% include 'alert.text.txt' %}",
    "block": "{% block a %}{{ self.a() }}{% endblock %}",
    "class": "{{ ''.__class__.__mro__ }}",
    "turning escaping off": "{% autoescape false %}{{ title }}{% endautoescape %}",
    "safe": "{{ title|safe }}",
    "unknown variable": "{{ valu }}",
    "unknown filter in a branch": "{% if false %}{{ title|nope }}{% endif %}{{ title|nope }}",
    "division": "{{ 1 // 0 }}",
    "nested loops past what Python reads": "{% for a in [1] %}" * 60 + "{% endfor %}" * 60,
    "parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "chain": "{{ 1" + "+1" * 10000 + " }}",
    "nots": "{{ " + "not " * 5000 + "1 }}",
    "long source": "x" * 40_000,
    "not closed": "{% if value %}",
}


@pytest.mark.parametrize("source", GREEDY.values(), ids=GREEDY.keys())
@pytest.mark.parametrize("html", [False, True], ids=["text", "html"])
def test_a_greedy_template_is_refused_soon(source: str, html: bool) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput) as caught:
        fill("t", source) if html else fill(source)
    assert caught.value.sentence.startswith("The template ")
    assert time.monotonic() - began < rendering.TIMEOUT_S + 3


def test_the_clock_ends_a_slow_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MAX_STEPS", 10**12)
    monkeypatch.setattr(rendering, "TIMEOUT_S", 0.05)
    with pytest.raises(BadInput, match=r"longer than 0\.05 s"):
        fill(GREEDY["silent loops"])


def test_a_precision_of_a_billion_digits_is_not_computed() -> None:
    assert fill("{{ 5|round(-1000000000) }} {{ 5.25|round(1) }}").text == "5 5.2\n"


def test_templates_can_do_what_messages_need() -> None:
    source = (
        "{% for a in [subject, area] if a %}{{ loop.index }} {{ a|upper ~ '!' }} {% endfor %}"
        "{{ threshold - value }} {{ value|value(unit, area) }} {{ 90|span }} {{ since|time }} {{ title[:3] }} "
        "{{ nope|default('-') }}"
    )
    expected = "1 CARRIER BRAVO! 2 ASR! 24.6 5.4 % 90 s 2026-03-01 04:12 UTC Low -"
    assert fill(source).text.strip().replace("\u2009", " ") == expected


def test_joined_text_is_escaped_in_html() -> None:
    facts = make_facts(title="<b>")
    own = Template(None, "own", "s", "t", "<i>{{ title ~ '<u>' }}{{ title|replace('<', '<<') }}</i>")
    page = render(facts, NOW, NOW, own).html
    assert "<i>&lt;b&gt;&lt;u&gt;&lt;&lt;b&gt;</i>" in page


def test_a_wrong_template_names_its_line() -> None:
    with pytest.raises(BadInput, match="line 2") as caught:
        fill("fine\n{{ 1 +")
    assert caught.value.problems["text"].startswith("Line 2: ")


def test_rendering_changes_nothing_for_the_next() -> None:
    with pytest.raises(BadInput):
        fill(GREEDY["silent loops"])
    assert of(make_facts()) == of(replace(make_facts()))
