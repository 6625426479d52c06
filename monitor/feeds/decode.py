"""Bytes become text. One bad byte must not turn a feed into another alphabet, nor must a label that is wrong."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterable

from monitor.errors import ParseError
from monitor.feeds.guard import LARGEST
from monitor.text.scripts import find_script

GZIP = b"\x1f\x8b\x08"
GZIP_WINDOW = 31  # a header and a window of 32 kB
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Without a BOM the first character of any feed, "<" or "{", gives it away.
UNMARKED = ((re.compile(rb"[<{]\x00[^\x00]\x00"), "utf-16-le"), (re.compile(rb"\x00[<{]\x00[^\x00]"), "utf-16-be"))
XML_LABEL = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)["']""", re.IGNORECASE)
META_LABEL = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
# What a label means in practice (WHATWG Encoding, §4.2): the larger set that its texts are really written in.
MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "unicode-escape", "undefined"})
UNKNOWN_TO_PYTHON = {"windows-874": "cp874", "x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp"}
# Halves of UTF-16, each written as UTF-8 by programs that take them for characters (CESU-8), in pairs or alone.
HALF = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
# Escapes to JIS X 0208 (or its first edition), to Korean, and back to ASCII.
SEVEN_BITS = re.compile(rb"\x1b\$[B@]|\x1b\$\)C")
LEGACY = (
    "cp1251",
    "cp1256",
    "koi8-r",
    "gb18030",
    "cp1252",
    "cp1253",
    "cp1255",
    "cp949",
    "cp932",
    "euc_jp",
    "big5hkscs",
)
WIDE = frozenset({"gb18030", "cp949", "cp932", "euc_jp", "big5hkscs"})  # read as these almost anything is a letter
HANDICAP = 0.15
# How much more natural another reading has to be than the declared one. Latin-1 is what servers say by default.
TRUST, TRUST_IN_DEFAULT = 0.4, 0.1
SAMPLE = 10_000
WORD = re.compile(r"[^\W\d_]+")
# A third of a script's running text and more, in any of its languages.
FREQUENT = {
    "CYRILLIC": frozenset("оеаинтсрвл"),
    "ARABIC": frozenset("اليمونترب"),
    "GREEK": frozenset("αοιετσνηυρς"),
    "HEBREW": frozenset("יוהלאמתרבש"),
    "HAN": frozenset(
        "的一是在不了有和人中大上国國以我要他时時来來用们們生到作地于於出就分对對成会會可主年动動同工也能下过過子"
    ),
    "HIRAGANA": frozenset("のにはをたがでとしれいるなてか"),
    "HANGUL": frozenset("이다의는에을로고한가지기하사은도"),
}
FAMILY = {"HIRAGANA": "HAN", "KATAKANA": "HAN"}  # written in one word
PLAIN = frozenset("«»“”„‘’‚…–—•·№§°©®™€£\u00a0،؛؟٪٫٬۔،\u200c\u200d\u200e\u200f「」『』、。，：；！？（）《》・ー")


def decode(body: bytes, charset: str | None = None) -> str:
    """The text of `body`: by BOM, as UTF-8 with damage repaired, as declared (XML, then HTTP's `charset`, then meta)

    unless another reading is far more natural, else by the script that fits best. UTF-8 is believed over any label,
    because text in another encoding practically never is valid UTF-8.
    """
    for bom, encoding in BOMS:
        if body.startswith(bom):
            return body.decode(encoding, "replace")
    for pattern, encoding in UNMARKED:
        if pattern.match(body):
            return body.decode(encoding, "replace")
    escaped = SEVEN_BITS.search(body) if b"\x1b$" in body else None
    if escaped and (seven_bits := _find_escaped(body, charset, escaped[0])):
        return body.decode(seven_bits, "replace")
    text = _decode_utf8(body)
    return body.decode(_choose(body, _list_labels(body, charset)), "replace") if text is None else text


def _decode_utf8(body: bytes) -> str | None:
    """None unless most of it is."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if not bad:
        return text
    if HALF.search(body):
        mended = HALF.sub(_join_halves, body)
        if mended.decode("utf-8", "ignore").encode() == mended:  # nothing else is wrong with it
            return mended.decode()
    return (
        text if len(body) - len(text) > 4 * bad else None
    )  # every intact character beyond ASCII saves a byte at least


def unpack(body: bytes, most: int = LARGEST + 1) -> bytes:
    """What a gzip file holds, or its first `most` bytes; other bytes as they are. Sitemaps often are one, whatever

    their names and types say.

    Raises ParseError for one that is broken. One that breaks off holds what it holds.
    """
    if not body.startswith(GZIP):
        return body
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        return unpacker.decompress(body, most)
    except zlib.error as error:
        raise ParseError(f"is a gzip file, and broken: {error}") from error


def find_charset(media_type: str | None) -> str | None:
    """The charset parameter of a Content-Type."""
    match = CHARSET.search(media_type or "")
    return match[1] if match else None


def _join_halves(found: re.Match[bytes]) -> bytes:
    text = found[0].decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return text.decode("utf-16-le", "replace").encode("utf-8")


def _find_escaped(body: bytes, charset: str | None, escape: bytes) -> str | None:
    """Japanese and Korean in seven bits, valid UTF-8 too: by their label, or by escapes that nothing else has."""
    if not body.isascii():
        return None
    labelled = (label for label in _list_labels(body, charset) if label.startswith("iso2022"))
    label = next(labelled, "iso2022_kr" if escape.endswith(b"C") else "iso2022_jp")
    return "iso2022_jp_ext" if label == "iso2022_jp" else label


def _list_labels(body: bytes, charset: str | None) -> list[str]:
    """The encodings that somebody declared and Python knows, other than UTF-8, which has been tried."""
    xml, meta = XML_LABEL.search(body[:1024]), META_LABEL.search(body[:4096])
    named = (xml and xml[1].decode("ascii"), charset, meta and meta[1].decode("ascii"))
    return [name for name in map(_find_codec, filter(None, named)) if name and not name.startswith("utf")]


def _find_codec(label: str) -> str | None:
    try:
        name = codecs.lookup(UNKNOWN_TO_PYTHON.get(label.lower(), label)).name
        b"  ".decode(name)  # LookupError for what Python calls a codec and is no encoding of text: rot13, base64
    except (LookupError, ValueError):
        return None
    return MEANT.get(name, name) if name not in NO_CHARSETS else None


def _choose(body: bytes, labels: Iterable[str]) -> str:
    sample = body[:SAMPLE]
    scores = {name: _score(sample, name) for name in LEGACY}
    best = max(scores, key=lambda name: scores[name])
    for label in labels:
        trust = TRUST_IN_DEFAULT if label == "cp1252" else TRUST
        if _score(sample, label) >= scores[best] - trust:
            return label
    return best


def _score(body: bytes, name: str) -> float:
    """How natural `body` reads in this encoding, at most 1: whole words of one script, made of its frequent letters.

    Bytes read in a wrong encoding mix scripts within a word, have capitals after small letters, accents on most
    letters of a word, and symbols between.
    """
    text = body.decode(name, "replace")
    foreign = sum(not char.isascii() for char in text)
    if not foreign:
        return 0.0
    natural = sum(_score_word(word) for word in WORD.findall(text) if not word.isascii())
    strange = sum(
        not char.isascii() and not char.isalpha() and char not in PLAIN for char in text if find_script(char) == ""
    )
    score = (natural - strange - 2 * text.count("\ufffd")) / foreign
    return score - HANDICAP if name in WIDE else score


def _score_word(word: str) -> float:
    """Of as many points as the word has letters beyond ASCII."""
    foreign = [char for char in word if not char.isascii()]
    scripts = {FAMILY.get(script, script) for char in word if (script := find_script(char))}
    if len(scripts) != 1 or (word != word.lower() and word != word.upper() and word != word.capitalize()):
        return -float(len(foreign))
    if scripts == {"LATIN"}:
        return 0.9 * len(foreign) if len(foreign) * 2 <= len(word) else -float(len(foreign))
    frequent = sum(char.lower() in FREQUENT.get(find_script(char), ()) for char in foreign)
    if len(word) == 1 and not frequent and scripts.isdisjoint(FAMILY.values()):
        return -0.5  # a pound sign, or a curly quote: words of one letter are few, and of frequent ones
    return 0.6 * len(foreign) + 0.4 * frequent
