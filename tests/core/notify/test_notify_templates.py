"""Templates: what they may use, and what is found wrong with them."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest_notify import NOW, make_facts

from noc_alerts.model.deliveries import Cause, Facts, FailedCall, Row
from noc_alerts.model.errors import BadInput
from noc_alerts.model.templates import Template
from noc_alerts.notify.render import (
    STOCK_NAMES,
    render,
    stock_template,
)
from noc_alerts.notify.render_check import check_template, needs_last_calls
from noc_alerts.notify.samples import sample_calls, sample_facts
from noc_alerts.notify.variables import CALL_FIELDS, ROW_FIELDS, VARIABLES, variables_of

DOCS = Path(__file__).parents[3] / "docs" / "templates.md"


def own(text: str = "t", **parts: str) -> Template:
    return Template(None, "own", parts.pop("subject", "s"), text, **parts)


def fill(text: str, facts: Facts | None = None, **more: Any) -> str:
    return render(facts or make_facts(), NOW, NOW, own(text), **more).text.strip().replace("\u2009", " ")


def problems(text: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.sentence) for problem in check_template(own(text))]


# --- variables --------------------------------------------------------------------------------------------------------


def test_the_names_of_connexcs_read_well_as_they_are() -> None:
    facts = make_facts(brand="Acme NOC")
    assert fill("{{name}}, {{brandName}}: {{area}} {{value}} ({{threshold}})", facts) == "Low ASR, Acme NOC: ASR 5.4 % (30.0 %)"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ value }}", "5.4 %"),
        ("{{ threshold - value }}", "24.6"),
        ("{{ value * 2 }}", "10.8"),
        ("{{ value|round }} {{ value|int }} {{ value|round(1) }}", "5.0 5 5.4"),
        ("{% if value < 10 %}low{% endif %}{% if value == 5.4 %}!{% endif %}", "low!"),
        ("{% if value < threshold < 31 %}between{% endif %}", "between"),
        ("{{ value ~ '!' }} {{ 'is ' ~ value }}", "5.4 %! is 5.4 %"),
        ("{{ calls }} {{ calls + 1 }} {{ calls > 200 }}", "1,294 1295 True"),
        ("{{ sample_period }} {{ sample_period / 60 }} {{ sample_period == 300 }}", "5 min 5.0 True"),
        ("{{ value is number }} {{ value is none }}", "True False"),
        ("{{ since }} {{ since.hour }} {{ since <= at }}", "2026-03-01 04:12 UTC 4 True"),
        ("{{ level }} {{ level_word }} {{ event }} {{ switch }} {{ limit }}", "critical Critical raised sgp-1 < 30 %"),
        ("{{ none }}|{{ demo }}", "|False"),
    ],
)
def test_numbers_print_themselves_and_compute_as_numbers(source: str, expected: str) -> None:
    assert fill(source, make_facts(calls=1294)) == expected


@pytest.mark.parametrize("value", [None, float("nan")])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ value }} {{ -value }} {{ value|round(1) }} {{ value|abs }}", "no value no value no value no value"),
        ("{{ threshold - value }} {{ value * 2 }}", "no value no value"),
        ("{% if value < 10 or value >= 10 %}wrong{% else %}right{% endif %}", "right"),
        ("{{ value is none }} {{ value == none }} {{ value is number }} {{ value or 'nothing' }}", "True True False nothing"),
        ("{{ value ~ '!' }} {{ value|value(unit) }}", "no value! no value"),
    ],
)
def test_no_value_is_words_and_no_comparison_holds(value: float | None, source: str, expected: str) -> None:
    assert fill(source, make_facts(value=value)) == expected


def test_money_of_two_currencies_keeps_its_unit_in_each_line() -> None:
    rows = (Row("customer acme", -3.5, "USD"), Row("customer globex", 12_345.67, "EUR"), Row("customer x", None, "USD"))
    text = fill(
        "{% for row in rows %}{{ row.subject }} {{ row.value }} {{ row.value < 0 }};{% endfor %}{{ rows|length }}",
        make_facts(area="Balance", rows=rows),
    )
    assert text == "customer acme \u22123.50 USD True;customer globex 12,345.67 EUR False;customer x no value False;3"


def test_last_calls_are_listed_ten_at_most() -> None:
    calls = [FailedCall(NOW + timedelta(seconds=n), f"1{n}", f"2{n}", 503, "Service Unavailable") for n in range(12)]
    source = "{% for call in last_calls if call.code == 503 %}{{ call.from }}>{{ call.to }} {% endfor %}{{ last_calls|length }}"
    assert fill(source, last_calls=calls) == " ".join(f"1{n}>2{n}" for n in range(10)) + " 10"
    assert fill("{{ last_calls[0].time }} {{ (last_calls|last).cause }}", last_calls=calls) == (
        "2026-03-01 04:12:00 UTC Service Unavailable"
    )
    assert fill("{% for call in last_calls[:2] %}{{ loop.index }}{% endfor %}", last_calls=calls) == "12"
    assert fill("{% for call in last_calls %}x{% else %}none{% endfor %}") == "none"


def test_a_call_cannot_forge_lines() -> None:
    evil = FailedCall(NOW, "1\r\nBcc: all@example.test", "<b>", 503, "x\u2028y")
    line = "{% for c in last_calls %}{{ c.from }} {{ c.to }} {{ c.cause }}{% endfor %}"
    message = render(make_facts(), NOW, NOW, own(line, subject=line, html=line), last_calls=[evil])
    assert message.subject == "1 Bcc: all@example.test <b> x y"
    assert "&lt;b&gt;" in message.html
    assert "<b>" not in message.html


def test_the_link_needs_an_alarm_and_a_base() -> None:
    facts, source = make_facts(), "[{{ link }}]"
    assert fill(source, facts, alarm_id=41, link_base="https://noc.example.test/a/") == "[https://noc.example.test/a/41]"
    assert fill(source, facts, alarm_id=41) == fill(source, facts, link_base="https://noc.example.test/a/") == "[]"


def test_every_variable_is_offered_and_documented() -> None:
    assert set(variables_of(make_facts())) == set(VARIABLES)
    page = DOCS.read_text(encoding="utf-8")
    for name in VARIABLES:
        assert f"| `{name}` |" in page
    for name in (*CALL_FIELDS, *ROW_FIELDS):
        assert f".{name}` |" in page
    assert fill("".join(f"{{{{ {name} }}}}" for name in VARIABLES if name not in ("rows", "last_calls")))


def test_the_examples_of_the_documentation_are_sound() -> None:
    page = DOCS.read_text(encoding="utf-8")
    examples = [block.split("```")[0] for block in page.split("```jinja\n")[1:]]
    assert len(examples) >= 4
    assert [problems(example) for example in examples] == [[]] * len(examples)


# --- what is wrong with a template ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        ("a\n\n{{ thresold }}", 3, "thresold is not known. Did you mean threshold?"),
        ("{{ brandname }}", 1, "brandname is not known. Did you mean brandName?"),
        ("{{ xyzzy }}", 1, "xyzzy is not known."),
        ("a\n{% if false %}{{ nope }}{% endif %}", 2, "nope is not known."),
        ("{% for c in last_calls %}\n{{ c.form }}{% endfor %}", 2, "form is not known. Did you mean from?"),
        ("{% for r in rows[:2] %}{{ r['valeu'] }}{% endfor %}", 1, "valeu is not known. Did you mean value?"),
        ("{{ rows[0].sampel }}", 1, "sampel is not known. Did you mean sample?"),
        ("{% for r in rows %}{{ loop.indx }}{% endfor %}", 1, "loop.indx is not known. Did you mean loop.index?"),
        ("{{ company.name }}", 1, "There is nothing inside company. Write {{ company }}."),
        ("{{ rows.subject }}", 1, "rows is a list: go through it with {% for line in rows %}."),
        ("{{ call }}{% for call in last_calls %}{% endfor %}", None, None),
        ("\n{{ last_calls }}", 2, "This is a list. Go through it with {% for line in ... %} and print what is in each line."),
        ("{{ last_calls|upper }}", 1, "This is a list. Go through it with {% for line in ... %} and print what is in each line."),
        ("{{ 'x' ~ rows }}", 1, "This is a list. Go through it with {% for line in ... %} and print what is in each line."),
        (
            "{% for c in last_calls %}\n{{ c }}{% endfor %}", 2,
            "This is a whole line of a list. Print one of time, from, to, code, cause.",
        ),
        ("{{ title|shout }}", 1, "There is no filter with the name shout."),
        ("{% if title is odd %}{% endif %}", 1, "There is no test with the name odd."),
        ("{% frobnicate %}", 1, "There is no tag with the name frobnicate."),
        ("{% if value %}", 1, "A {% if %} is not closed. Write {% endif %} where it ends."),
        ("fine\n{{ 1 +", 2, "Something is missing before the end: }} or %}."),
        ("\n{{ title name }}", 2, "This cannot be read: name stands where }} belongs."),
        ("{{ title < 3 }}", 1, "This does not fit together: a text stands where a number belongs, or the other way round."),
        ("{{ 1 / 0 }}", 1, "This divides by zero."),
        ("{{ title|truncate(-1) }}", 1, "This cannot be worked out (expected length >= 3, got -1)."),
        ("{{ title|time }}", 1, "The filter time is for times, such as {{ since|time }}."),
        ("{{ title * 3 }}", 1, "* is for numbers. Put texts together with ~."),
        ("{{ rows[0].value }}", 1, "The list has no line 0 here. Ask first with {% if ... %} whether it has lines."),
        # Handlebars
        ("\n{{#if value}}yes{{/if}}", 2,
         "{{#if value}} is Handlebars, which is not read here. Write {% if value %} ... {% endif %}."),
        ("{{#unless value}}{{/unless}}", 1,
         "{{#unless value}} is Handlebars, which is not read here. Write {% if not value %} ... {% endif %}."),
        ("{{#each last_calls}}{{/each}}", 1,
         "{{#each last_calls}} is Handlebars, which is not read here. Write {% for line in last_calls %} ... {% endfor %}."),
        ("{{{html}}}", 1, "Three braces are Handlebars. Write two: {{ name }}. In HTML it is always escaped."),
        ("{{> footer }}", 1, "{{> footer }} is Handlebars, which is not read here."),
        ("{{!-- note --}}", 1, "{{!-- note --}} is Handlebars, which is not read here."),
        ("{{else}}", 1, "{{else}} is Handlebars, which is not read here. Write {% else %}."),
    ],
)  # fmt: skip
def test_a_problem_is_one_sentence_at_its_line(source: str, line: int | None, sentence: str | None) -> None:
    if sentence is None:
        assert [found for _, found in problems(source)] == ["call is not known. Did you mean calls?"] * len(problems(source))
        assert problems(source)
    else:
        assert problems(source) == [(line, sentence)]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ last_calls.__init__ }}",
        "{{ last_calls.__class__ }}", "{{ rows.__getitem__ }}", "{{ rows.count }}", "{{ rows.index }}", "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler }}", "{{ joiner }}", "{{ lipsum }}", "{{ lipsum.__globals__ }}", "{{ lipsum() }}", "{{ namespace() }}",
        "{{ dict(a=1) }}", "{{ range }}", "{{ range.__self__ }}",
        "{{ title['__cla' ~ 'ss__'] }}", "{{ value['_te' ~ 'xt'] }}", "{{ value._text }}", "{{ value.real.__class__ }}",
        "{% for c in last_calls %}{{ c._values }}{% endfor %}", "{% for c in last_calls %}{{ c['_val' ~ 'ues'] }}{% endfor %}",
        "{% for r in rows %}{{ loop._iterator }}{% endfor %}", "{% for c in last_calls %}{{ loop }}{% endfor %}",
        "{{ since.__reduce__ }}", "{{ since.replace }}", "{{ title|attr('__class__') }}", "{{ title|map('upper') }}",
        "{{ config }}", "{{ request }}", "{{ caller }}", "{{ varargs }}", "{{ super() }}",
    ],
)  # fmt: skip
def test_nothing_of_the_program_is_reached(source: str) -> None:
    (problem,) = check_template(own(source))
    assert problem.part == "text"
    assert problem.line == 1
    assert problem.sentence.endswith((".", "?"))
    assert "noc_alerts" not in problem.sentence
    # a report has lines in both lists, so that the loops are gone through
    with pytest.raises(BadInput, match=r"^The template own cannot be used \(text, line 1\): ") as caught:
        render(sample_facts(Cause.REPORT), NOW, NOW, own(source), last_calls=sample_calls())
    assert "object at 0x" not in caught.value.sentence


def test_all_unknown_names_are_found_at_once_in_every_part() -> None:
    template = Template(None, "own", "{{ a1 }}", "{{ b1 }}\n{{ b2 }}", "<p>{{ c1 }}", "{{ d1 }}", "{{ e1 }}", "{{ f1 }}")
    found = [(problem.part, problem.line) for problem in check_template(template)]
    assert found == [
        ("subject", 1), ("text", 1), ("text", 2), ("html", 1), ("sms", 1), ("push_title", 1), ("push_message", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "{{ nope|default('-') }}", "{% if nope is defined %}x{% endif %}", "{% set a = title %}{{ a }}",
        "{% raw %}{{#if}}{% endraw %}", "{# {{#if}} #}fine",
        "{% set all = last_calls %}{% for c in all %}{{ c.from }}{% endfor %}",
        "{% for r in rows %}{% for c in last_calls %}{{ r.subject ~ c.to }}{% endfor %}{% endfor %}",
        "{% if rows %}{{ rows[0].value }} {{ rows|length }}{% endif %}",
    ],
)  # fmt: skip
def test_what_is_good_is_not_complained_of(source: str) -> None:
    assert problems(source) == []


def test_a_bomb_is_found_by_the_check_in_time() -> None:
    began = time.monotonic()
    bombs = ["{{ 'a' * 300000000 }}", "".join(f"{{% for {c} in range(1000) %}}" for c in "abc") + "{% endfor %}" * 3]
    bombs.append("{% set a = title %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}")
    bombs.append("{% for a in rows %}" * 5 + "{{ a.subject }}" + "{% endfor %}" * 5)
    bombs.append("{% for a in last_calls %}" * 12 + "x" + "{% endfor %}" * 12)
    facts = replace(sample_facts(Cause.REPORT), rows=tuple(Row(f"r{n}", 1.0) for n in range(200)))
    for bomb in bombs:
        with pytest.raises(BadInput, match=r"asks for too much|is for numbers"):
            render(facts, NOW, NOW, own(bomb), last_calls=sample_calls())
        assert len(problems(bomb)) <= 1
    assert time.monotonic() - began < 15


def test_a_loop_that_asks_for_last_calls_is_known_without_filling_it_in() -> None:
    assert needs_last_calls(own("{% for c in last_calls %}{{ c.to }}{% endfor %}"))
    assert needs_last_calls(own(sms="{{ last_calls|length }}"))
    assert not needs_last_calls(own("the last_calls of {{ title }}"))
    assert not needs_last_calls(own("{{ last_calls"))
    assert not any(needs_last_calls(stock_template(name)) for name in STOCK_NAMES)


def test_render_names_the_part_and_the_line() -> None:
    with pytest.raises(BadInput) as caught:
        render(make_facts(), NOW, NOW, own(sms="a\nb\n{{ titel }}"))
    assert caught.value.sentence == "The template own cannot be used (sms, line 3): titel is not known. Did you mean title?"
    assert caught.value.problems == {"sms": "Line 3: titel is not known. Did you mean title?"}
