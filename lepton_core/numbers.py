"""Numbers as people write them: currency signs, thousands separators, decimal commas.

Each text is read by itself, so that a file and a stream, in whatever batches, give the same values.
What could mean two numbers a thousand times apart is marked as ambiguous, never guessed:

- A point and a comma in one number: the last of them is the decimal sign, ``1.234,50 €``.
- Apostrophes and spaces separate thousands, ``CHF 1'234.50``, as does a sign that stands twice.
- A comma that three digits do not follow exactly is a decimal comma, ``12,5``; so is one behind a
  zero or behind more than three digits, ``0,125``.
- A point alone is the decimal point, as programs write numbers: ``1.234`` is a bit above one.
- ``1,234`` alone is ambiguous, and so is ``1.234 €``. With the sign of a currency whose countries
  write a decimal point, the comma separates thousands: ``¥1,200``.

A minus stands before or behind, or brackets in its place: ``(45.00)``. Full-width characters count
as their common ones. Which currency it is is not looked at otherwise: nothing is converted.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# ISO 4217, without metals and funds.
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP"
    " BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
    " GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR"
    " KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK"
    " MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR"
    " SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS"
    " UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL RMB"
)
# No cent sign: a value with it is a hundred times smaller.
_SIGNS = "[$€£¥₹₩₽₺₴₪₫฿₦₱₡₲₵₸₼₾₮₭₨₿]"
_CURRENCY = rf"(?:[A-Z]{{0,3}}\$|{_SIGNS}|{'|'.join(_CODES.split())}|kr\.?|zł|Kč|Ft|Rs\.?|元|円|원)"
_POINT_CURRENCY = (
    r"^(?:(?:US|HK|NT|AU|CA|NZ|A|C|S|MX)?\$|[£¥₹₩₪฿₱]|Rs\.?|元|円|원|RMB"
    r"|USD|GBP|JPY|CNY|KRW|INR|ILS|THB|PHP|HKD|TWD|SGD|AUD|NZD|CAD|MXN|MYR)$"
)
_WRITTEN = (
    rf"^(?P<open>\()?\s*(?P<first>[-+])?\s*(?P<before>{_CURRENCY})?\s*(?P<second>[-+])?\s*"
    rf"(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?|[.,][0-9]+)"
    rf"\s*(?P<behind>{_CURRENCY})?\s*(?P<last>-)?\s*(?P<close>\))?$"
)
# Digits whose point, if any, is the decimal sign, and those whose comma is.
_POINT = (
    r"^(?:[0-9]*\.?[0-9]+"
    r"|[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{2,3})+,[0-9]{3}"
    r"|[1-9][0-9]{0,2}(?:'[0-9]{3})+(?:\.[0-9]+)?|[1-9][0-9]{0,2}(?: [0-9]{3})+(?:\.[0-9]+)?)$"
)
_COMMA = (
    r"^(?:(?:0|[1-9][0-9]*)?,[0-9]+"
    r"|[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    r"|[1-9][0-9]{0,2}(?:'[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(?: [0-9]{3})+,[0-9]+)$"
)
_COMMA_OR_THOUSAND = r"^[1-9][0-9]{0,2},[0-9]{3}$"
_POINT_OR_THOUSAND = r"^[1-9][0-9]{0,2}\.[0-9]{3}$"

_SPACES = " \u00a0\u2007\u2009\u202f\u3000"
_COMMON = str.maketrans(
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {ord("￥"): "¥", ord("￡"): "£", ord("￦"): "₩", ord("−"): "-"}
    | dict.fromkeys(map(ord, "’ʼ‘`´"), "'")
    | dict.fromkeys(map(ord, _SPACES), " ")
)
_UNCOMMON = f"[{''.join(chr(code) for code in _COMMON if code > 127)}`]"


def read_numbers(texts: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """The numbers that texts stand for.

    Args:
        texts: strings [n], null where there is none.

    Returns:
        float64 [n], null where a text is no number or ambiguous; bool [n], where it is ambiguous.

    Example:
        >>> texts = ["$1,234.50", "1.234,50 €", "¥1,200", "1'234.50", "(45.00)", "１２", "1,234"]
        >>> values, ambiguous = read_numbers(pa.array(texts))
        >>> values.to_pylist()
        [1234.5, 1234.5, 1200.0, 1234.5, -45.0, 12.0, None]
        >>> ambiguous.tolist()
        [False, False, False, False, False, False, True]
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(_common(texts.cast(pa.string())))
    part = pc.extract_regex(texts, _WRITTEN)
    digits = _part(part, "digits")
    has_currency = pc.or_(_there(part, "before"), _there(part, "behind"))
    has_point_currency = pc.or_(
        _matches(_part(part, "before"), _POINT_CURRENCY),
        _matches(_part(part, "behind"), _POINT_CURRENCY),
    )
    may_be_thousand = _matches(digits, _COMMA_OR_THOUSAND)
    is_thousand = pc.and_(may_be_thousand, has_point_currency)
    ambiguous = pc.or_(
        pc.and_(may_be_thousand, pc.invert(has_point_currency)),
        pc.and_(_matches(digits, _POINT_OR_THOUSAND), has_currency),
    )
    minus = _minus(part)
    is_sound = pc.and_(pc.is_valid(minus), pc.invert(ambiguous))
    with_point = pc.or_(_matches(digits, _POINT), is_thousand)
    with_comma = pc.and_(_matches(digits, _COMMA), pc.invert(is_thousand))
    plain = pc.replace_substring_regex(digits, "[,' ]", "")
    turned = pc.replace_substring(pc.replace_substring_regex(digits, "[.' ]", ""), ",", ".")
    nothing = pa.scalar(None, pa.string())
    chosen = pc.if_else(with_point, plain, pc.if_else(with_comma, turned, nothing))
    values = pc.if_else(is_sound, chosen, nothing).cast(pa.float64())
    values = pc.if_else(minus, pc.negate(values), values)
    return values, np.asarray(pc.and_(ambiguous, pc.is_valid(minus)).to_numpy(False), bool)


def _common(texts: pa.Array) -> pa.Array:
    """Full-width characters, odd spaces, apostrophes and minus signs as their common ones."""
    odd = _matches(texts, _UNCOMMON)
    if not pc.any(odd, min_count=0).as_py():
        return texts
    changed = [text.translate(_COMMON) for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(changed, pa.string()))


def _minus(part: pa.StructArray) -> pa.Array:
    """Whether a number is negative; null where its signs contradict each other."""
    opens, closes = _there(part, "open"), _there(part, "close")
    signs = [_part(part, name) for name in ("first", "second", "last")]
    count = opens.cast(pa.int8())
    negative = opens
    for sign in signs:
        count = pc.add(count, pc.not_equal(sign, "").cast(pa.int8()))
        negative = pc.or_(negative, pc.equal(sign, "-"))
    is_sound = pc.and_(pc.equal(opens, closes), pc.less_equal(count, 1))
    return pc.if_else(is_sound, negative, pa.scalar(None, pa.bool_()))


def _part(part: pa.StructArray, name: str) -> pa.Array:
    return pc.fill_null(pc.struct_field(part, name), "")


def _there(part: pa.StructArray, name: str) -> pa.Array:
    return pc.not_equal(_part(part, name), "")


def _matches(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)
