"""Amounts and currencies as switches write them: read when there is one way to read them, refused otherwise. Pure."""

import re
from decimal import Decimal
from typing import Final

#: No number of a record or account is above it; a larger one would not fit into whole millionths.
LARGEST: Final = 1e12

_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)  # 12,345.67
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})", re.ASCII)  # 12.345,67 and 1.234.567
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # 12,345: thousands, or three decimals


def number(value: object, *, sure: bool = False) -> float | None:
    """Read a number that may be a text, as "12,345.67" or "12.345,67"; None for none, and for what is no finite number.

    A text that can be read in two ways is refused, as "12,5". "12,345" means thousands where the source's decimal sign is known
    to be the point; `sure`: it is not known, so that this is refused too.
    """
    if isinstance(value, str):
        text = value.strip()
        if _PLAIN.fullmatch(text):
            found = float(text)
        elif _COMMAS.fullmatch(text) and not (sure and _EITHER.fullmatch(text)):
            found = float(text.replace(",", ""))
        elif _POINTS.fullmatch(text):
            found = float(text.replace(".", "").replace(",", "."))
        else:
            return None
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        found = float(value)
    else:
        return None
    return found if abs(found) <= LARGEST else None


def currency_code(value: object) -> str:
    """Give a currency as it is compared: " eur" is "EUR"; "" for none and for what is no text."""
    return value.strip().upper() if isinstance(value, str) else ""
