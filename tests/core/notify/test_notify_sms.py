"""Text messages: how many segments, and texts made to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.notify.sms_text import fitted, plainer, sms_segments, sms_units
from noc_alerts.notify.words import cut


@pytest.mark.parametrize(
    ("text", "segments", "encoding"),
    [
        ("", 1, "GSM-7"),
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),  # two septets each
        ("€" * 81, 2, "GSM-7"),
        ("€" * 152, 2, "GSM-7"),  # 76 a segment: the 153rd septet stays empty rather than split a sign
        ("€" * 153, 3, "GSM-7"),
        ("é£¥ÄÖñ\n@Δ", 1, "GSM-7"),
        ("`", 1, "UCS-2"),  # the grave accent is not in the alphabet
        ("я" * 70, 1, "UCS-2"),
        ("я" * 71, 2, "UCS-2"),
        ("я" * 134, 2, "UCS-2"),
        ("я" * 135, 3, "UCS-2"),
        ("😀" * 35, 1, "UCS-2"),  # two units each
        ("😀" * 36, 2, "UCS-2"),
        ("😀" * 66, 2, "UCS-2"),  # 33 a segment
        ("😀" * 67, 3, "UCS-2"),
    ],
)
def test_segments(text: str, segments: int, encoding: str) -> None:
    assert sms_segments(text) == (segments, encoding)


def test_units() -> None:
    assert sms_units("a€") == (3, 1_530)
    assert sms_units("я😀") == (3, 670)


def test_signs_for_looks_are_written_plainly() -> None:
    assert plainer("ASR 5.4\u2009% ≤ 30, \u22123.50 … “x”") == 'ASR 5.4 % <= 30, -3.50 ... "x"'


@given(st.text(alphabet="ab€яé\u0301😀\u200d ", max_size=400), st.integers(1, 3))
def test_what_is_fitted_fits_and_is_a_beginning(text: str, segments: int) -> None:
    short = fitted(text, segments)
    assert sms_segments(short)[0] <= segments
    if short != text:
        assert short.endswith("...")
        assert text.startswith(short[:-3])
        assert sms_segments(text)[0] > segments


@given(st.text(max_size=300), st.integers(1, 200))
def test_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_cut_keeps_signs_whole() -> None:
    assert cut("abce\u0301f", 5) == "abc…"
    assert cut("ab👩\u200d🚒x", 5) == "ab…"
    assert cut("ab👍🏽x", 4) == "ab…"
