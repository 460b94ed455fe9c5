"""Text of others, such as names that somebody has given, made safe to show."""

import unicodedata

_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of characters that are not seen, or turn the text around them."""


def visible(text: object) -> str:
    """``text`` with each character that is not seen, or that turns the direction of writing, as its number."""
    return "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _INVISIBLE and letter not in "\n\t" else letter
        for letter in str(text)
    )
