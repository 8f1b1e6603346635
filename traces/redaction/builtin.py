"""What e-mail addresses, phone numbers, cards and IBANs look like.

Every pattern goes over a text once: what may repeat has a bound, or never goes back (`++`). What has a checksum is
believed only if that is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# What a number of any of these has: seven digits, with nothing but these signs between them.
BETWEEN_DIGITS = " -./()\xa0\u2011".encode()
AS_ZEROS = bytes(ord("0") if chr(byte) in "0123456789" else ord("x") for byte in range(256))

EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]++(?:@|%40)[\w-]++(?:\.[\w-]++)++", re.IGNORECASE)
TOP_LEVEL = re.compile(r"(?:[^\W\d_]{2,}|xn--[\w-]+)\Z", re.IGNORECASE)

GROUP = r"[ .\-/\xa0]?(?:\([0-9]{1,5}\)|[0-9]{1,5})"
PHONE = re.compile(
    r"(?<![\w+\-./])(?:"
    rf"\+[0-9]{{1,3}}(?:{GROUP}){{2,6}}"  # +49 (0)30 1234567
    rf"|00[1-9][0-9]{{0,2}}(?:{GROUP}){{2,6}}"  # 0049 30 1234567
    r"|(?:\(0[1-9][0-9]{1,4}\)|0[1-9][0-9]{1,4})[ /\-][0-9]{3,8}(?:[ \-][0-9]{2,8}){0,3}"  # 030 1234567
    r"|(?:1[ .\-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-])[0-9]{3}[ .\-][0-9]{4}"  # (415) 555-2671
    r"|0[1-9](?:[ .\-][0-9]{2}){4}"  # 01 23 45 67 89
    r"|01[5-7][0-9]{8,9}|07[0-9]{9}"  # mobiles without a gap
    r")(?![\w]|[\-.:/][0-9])"
)
FEWEST_IN_PHONE, MOST_IN_PHONE = 8, 16

CARD = re.compile(  # ahead, so that a number after which another begins does not hide it
    r"(?<![\w.+\-])(?=("
    r"(?:[46][0-9]{3}|5[0-8][0-9]{2}|2[2-7][0-9]{2}|35[0-9]{2})(?:[ \-][0-9]{4}){3}(?:[ \-][0-9]{1,3})?"
    r"|3[0-9]{3}[ \-][0-9]{6}[ \-][0-9]{4,5}"
    r"|[2-6][0-9]{12,18}"
    r")(?![\w]|\.[0-9]))"
)

IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))  # Luhn's, digits added up
SIGNS = re.compile(r"[^0-9A-Za-z]")

Replacing = Callable[[str, str], tuple[str, int]]  # text and placeholder → masked text, how many


@dataclass(frozen=True, slots=True)
class Kind:
    """One built-in rule. `is_number`: it needs digits, and is not looked for in what is an id by its name."""

    placeholder: str
    replace: Replacing
    is_number: bool = False


def has_address(text: str) -> bool:
    return "@" in text or "%40" in text


def has_number(text: str) -> bool:
    """Whether a text may hold a phone number, card or IBAN. Most are passed over here, so this is fast, not exact."""
    return b"0000000" in text.encode(errors="replace").translate(AS_ZEROS, BETWEEN_DIGITS)


def replace_emails(text: str, placeholder: str) -> tuple[str, int]:
    if not has_address(text):
        return text, 0
    return _replace(EMAIL, lambda found: len(found) if TOP_LEVEL.search(found) else 0, text, placeholder)


def replace_phones(text: str, placeholder: str) -> tuple[str, int]:
    return _replace(PHONE, _length_of_phone, text, placeholder)


def replace_ibans(text: str, placeholder: str) -> tuple[str, int]:
    return _replace(IBAN, _length_of_iban, text, placeholder)


def replace_cards(text: str, placeholder: str) -> tuple[str, int]:
    return _replace(CARD, _length_of_card, text, placeholder)


def _replace(pattern: re.Pattern[str], length_of: Callable[[str], int], text: str, placeholder: str) -> tuple[str, int]:
    """Put the placeholder where the pattern is found; `length_of` says how much of it is one, 0 for none."""
    pieces: list[str] = []
    done = 0
    for match in pattern.finditer(text):
        if match.start() < done:
            continue
        length = length_of(match[match.lastindex or 0])
        if length:
            pieces += [text[done : match.start()], placeholder]
            done = match.start() + length
    return ("".join([*pieces, text[done:]]), len(pieces) // 2) if pieces else (text, 0)


def _length_of_phone(found: str) -> int:
    n = sum(map(str.isdigit, found))
    return len(found) if FEWEST_IN_PHONE <= n <= MOST_IN_PHONE else 0


def _length_of_card(found: str) -> int:
    """Return the length of the number; what comes after a card in groups of four may be another one."""
    if _has_luhn(found):
        return len(found)
    shorter = found[:19]
    return 19 if len(found) > 20 and _has_luhn(shorter) else 0


def _has_luhn(found: str) -> bool:
    digits = SIGNS.sub("", found).encode()[::-1]
    doubled = digits[1::2].translate(DOUBLED)
    return len(set(digits)) > 1 and (sum(digits[::2]) - 48 * len(digits[::2]) + sum(doubled)) % 10 == 0


def _length_of_iban(found: str) -> int:
    """Return the length of the IBAN that it begins with: a word may follow it."""
    wanted = IBAN_LENGTHS.get(found[:2].upper(), 0)
    n = 0
    for position, letter in enumerate(found, 1):
        n += letter != " "
        if n == wanted:
            rest = found[position : position + 1]
            return position if rest in {"", " "} and _has_right_checksum(found[:position]) else 0
    return 0


def _has_right_checksum(found: str) -> bool:
    code = SIGNS.sub("", found).upper()
    return int("".join(str(int(letter, 36)) for letter in code[4:] + code[:4])) % 97 == 1


KINDS = {  # in this order: a card is not to be taken for a phone number
    "iban": Kind("[IBAN]", replace_ibans, is_number=True),
    "card": Kind("[card]", replace_cards, is_number=True),
    "phone": Kind("[phone]", replace_phones, is_number=True),
    "email": Kind("[e-mail]", replace_emails),
}
