"""The words of a text, so that letter case, punctuation, markdown and escapes make no difference."""

import re
import unicodedata

_TABLE = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BREAK = re.compile(r'\\+[nrtbf"/]')
_FRACTION = re.compile(r"(?<=[0-9])\.[0-9]{3,}")
_CODE = re.compile(r"\\+u([0-9a-fA-F]{4})")


def words_of(text: str) -> list[str]:
    """Return the runs of letters and digits in a text, in lower case.

    ``#W2378156`` and ``**w2378156**`` are one word, ``mara_holm_0412`` is three. JSON in a string, escaped once or more
    often, has the words it would have had; so have full-width letters and words with invisible characters in them.
    """
    if "\\" in text:
        text = _BREAK.sub(" ", text)
        if _CODE.search(text):
            text = _decoded(_CODE.sub(lambda found: chr(int(found[1], 16)), text))
    if text.isascii():
        return text.translate(_TABLE).split()
    return _WORD.findall(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower())


def without_fractions(text: str) -> str:
    """Return the text without the decimals of measured numbers, whose digits could be anybody's number."""
    return _FRACTION.sub("", text)


def _decoded(text: str) -> str:
    """Join the halves of letters that JSON escapes in two."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
