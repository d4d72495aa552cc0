"""The factors language reads what the vendor's users write, and says where it cannot."""

import pytest

from noc_alerts.model.errors import BadExpression
from noc_alerts.rules.expression import Period, parse


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("asr_cur < 30; records_total > 100", "asr_cur < 30; records_total > 100"),
        ("total_volume > 100", "volume_total > 100"),
        ("total_cost < -10", "cost_total < -10"),
        ("total_cost_diff>=50", "cost_total_diff >= 50"),
        (" asr_std<.5 ;; ", None),
        ("asr_std<.5;", "asr_std < 0.5"),
        ("asr_1 <= 3 ; asr_2 != 4", "asr_1 <= 3; asr_2 != 4"),
        ("acd_std = +2.50", "acd_std = 2.5"),
    ],
)
def test_reads_and_writes(text: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(BadExpression):
            parse(text)
        return
    assert parse(text).text == written
    assert parse(written).text == written


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("", 1, "empty"),
        ("asr_cuur < 30", 1, "asr_cur"),
        ("asr_cur 30", 9, "<="),
        ("asr_cur <", 10, "number"),
        ("asr_cur < x", 11, "number"),
        ("asr_cur < 30 records_total > 1", 14, '";"'),
        ("asr_cur < 30; 5 > 3", 15, "factor"),
        ("asr_cur => 30", 10, "number"),
        ("asr\u0441_cur < 1", 4, "<="),  # a Cyrillic letter that looks like a Latin one
    ],
)
def test_says_where_it_is_wrong(text: str, column: int, word: str) -> None:
    with pytest.raises(BadExpression) as caught:
        parse(text)
    assert caught.value.column == column
    assert word in caught.value.sentence
    assert caught.value.sentence.endswith(f"at column {column}")


def test_periods_side_by_side() -> None:
    expression = parse("asr_1 < 30; asr_2 > 40; cost_total_diff > 50; asr < 3")
    assert [c.period for c in expression.conditions] == [Period.CURRENT, Period.EARLIER, Period.DIFF, Period.CURRENT]
    assert expression.side_by_side
    assert not parse("asr < 3").side_by_side
