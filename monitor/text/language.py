"""The language of an article: as declared, else as its script gives it away, else as its letters look (py3langid).

A text too short or too mixed to be sure of has none. The model is loaded for the first text that needs it (0.7 s).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from monitor.text.scripts import detect_script
from monitor.text.scripts import guess_by_script as detect_by_script

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

CERTAIN = 0.7  # of the probability
LONGEST_LOOKED_AT = 600  # characters: more changes nothing
_BY_LETTERS = frozenset({"LATIN", "CYRILLIC"})
# What news is written in, in these scripts: fewer candidates make short texts surer.
_CANDIDATES = (
    "af az be bg bs ca cs cy da de en es et eu fi fo fr ga gl ha hr ht hu id is it ka kk ku ky lb lt lv mg mk mn ms mt "
    "nb nl nn no pl pt ro ru rw sk sl so sq sr sv sw tg tl tr tt uk uz vi yo zu"
)
_ALIKE = {"bs": "sr", "hr": "sr", "nn": "no", "nb": "no"}  # written so alike that only together they are sure


def choose_language(declared: str | None, headline: str, body: str) -> str | None:
    """BCP 47: as `declared`, else detected in the text, else None."""
    return declared or detect_language(f"{headline}\n{body}")


def detect_language(text: str) -> str | None:
    """The primary subtag, None when nothing is sure."""
    if detect_script(text) in _BY_LETTERS:
        return _detect_by_letters(text[:LONGEST_LOOKED_AT])
    return detect_by_script(text)


def _detect_by_letters(text: str) -> str | None:
    shares: dict[str, float] = defaultdict(float)
    ranked = _load_identifier().rank(text)
    for language, share in ranked:
        shares[_ALIKE.get(language, language)] += share
    best: str = ranked[0][0]
    return best if shares[_ALIKE.get(best, best)] >= CERTAIN else None


@cache
def _load_identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # numpy: 0.1 s at every start

    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(sorted(set(_CANDIDATES.split()) & set(whole.labels)))
    # A new one, as the whole one keeps what it has of all other languages: 26 MB.
    parts = whole.nb_ptc, whole.nb_pc, whole.nb_classes, whole.tk_nextmove, array("i", whole.tk_output)
    return LanguageIdentifier(*parts, norm_probs=True, tk_row=whole.tk_row)
