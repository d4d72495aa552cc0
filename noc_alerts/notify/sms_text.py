"""How long a text message is, and texts made to fit: GSM 7 bit and UCS-2, and their segments.

Pure: any thread. Source: 3GPP TS 23.038 section 6.2.1 (alphabet), TS 23.040 section 9.2.3.24.1 (segments carry a header).
"""

from noc_alerts.notify.words import cut

GSM_7 = "GSM-7"
UCS_2 = "UCS-2"
MAX_SEGMENTS = 10  # what networks and gateways put together again

_SINGLE = {GSM_7: 160, UCS_2: 70}
_JOINED = {GSM_7: 153, UCS_2: 67}
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each
# what our own words use for looks only; each would more than halve what fits into a message
_PLAINER = str.maketrans({
    "\u2009": " ", "\u00a0": " ", "\u202f": " ", "\u2212": "-", "\u2013": "-", "\u2014": "-", "…": "...", "≤": "<=", "≥": ">=",
    "≠": "!=", "‘": "'", "’": "'", "“": '"', "”": '"', "\t": " ",
})  # fmt: skip


def sms_segments(text: str) -> tuple[int, str]:
    """Give how many segments a text takes, and its encoding (GSM-7 or UCS-2). An empty text takes one."""
    encoding = _encoding(text)
    sizes = [_size(char, encoding) for char in text]
    if sum(sizes) <= _SINGLE[encoding]:
        return 1, encoding
    segments, room = 1, _JOINED[encoding]
    for size in sizes:
        if size > room:  # neither an escaped sign nor a surrogate pair is split between two segments
            segments, room = segments + 1, _JOINED[encoding]
        room -= size
    return segments, encoding


def sms_units(text: str) -> tuple[int, int]:
    """Give how many septets (or UTF-16 units) a text has, and how many can be sent at most in its encoding."""
    encoding = _encoding(text)
    return sum(_size(char, encoding) for char in text), _JOINED[encoding] * MAX_SEGMENTS


def plainer(text: str) -> str:
    """Write signs that are there for looks only with the GSM alphabet: thin spaces, minus signs, ≤."""
    return text.translate(_PLAINER)


def fitted(text: str, segments: int) -> str:
    """Cut a text at whole characters to so many segments, with an ellipsis (three dots)."""
    if sms_segments(text)[0] <= segments:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits; fitting is monotonic in the length
        middle = (low + high + 1) // 2
        if sms_segments(_shortened(text, middle))[0] <= segments:
            low = middle
        else:
            high = middle - 1
    return _shortened(text, low)


def _shortened(text: str, length: int) -> str:
    return cut(text, length + 1).removesuffix("…") + "..." if length < len(text) else text


def _encoding(text: str) -> str:
    return GSM_7 if all(char in _BASIC or char in _EXTENDED for char in text) else UCS_2


def _size(char: str, encoding: str) -> int:
    """Give what a character takes: septets, or UTF-16 units."""
    if encoding == GSM_7:
        return 2 if char in _EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1
