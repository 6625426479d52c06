"""How else a name may be spelt: from the name as the user wrote it to every form that is looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from monitor.model import EntityId, Tier
from monitor.names.lexicon import (
    LIKE_AN_ARTICLE,
    Inflect,
    NameForm,
    Role,
    Word,
    inflect_nothing,
    is_hyphen,
    make_word,
    read_gap,
)
from monitor.text.acronyms import is_state, list_declining_languages
from monitor.text.affixes import list_conjunctions
from monitor.text.frequency import is_particle
from monitor.text.normalize import compose, fold
from monitor.text.orders import is_family_first, list_orders
from monitor.text.people import introduces_father, is_suffix, read_initials
from monitor.text.pieces import cut_name
from monitor.text.plurals import Plural
from monitor.text.scripts import find_script
from monitor.text.serbian import write_in_other_alphabet
from monitor.text.tokenize import Words
from monitor.text.transcribe import spell_out

_SHORTEST_JOINED = 5  # letters: قرهباغ for قره باغ, but never لا for ل ا
_BEFORE_STATE = frozenset({" ", ","})
_FEWEST_WITH_SUFFIX = 2  # words
_SHORTEST_CUT = 4  # letters of a name without digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """What is known of a name besides its letters."""

    language: str | None = None
    is_person: bool = False
    plural: Plural = Plural.NOUN  # of its words; of a person's name, of its last one


PLAIN = Spelling()


def make_forms(
    term: str, owner: EntityId | None, role: Role, inflect: Inflect = inflect_nothing, known: Spelling = PLAIN
) -> tuple[NameForm, ...]:
    """The name as written and its equal spellings; none when nothing of it can be found in any text."""
    cut = Words(term)
    is_shouted = len(cut) > 1 and term.isupper()
    shouted = {"is_shouted": True} if is_shouted else {}  # the cache finds what has no keyword in a fourth of the time
    plurals = _list_plurals(known.plural, len(cut))
    words = tuple(
        [make_word(text, inflect, plural, **shouted) for text, plural in zip(cut.texts, plurals, strict=True)]
    )
    if not words or not all(word.folded for word in words):
        return ()
    gaps = _share(tuple(map(read_gap, cut.gaps[1:-1])))
    hyphens = tuple([at for at, gap in enumerate(cut.gaps[1:-1]) if is_hyphen(gap)]) if gaps else ()
    parts = _list_parts(words, gaps) if gaps else ()
    border = _find_border(cut.texts, known) if gaps and known.is_person else 0
    written = NameForm(
        owner=owner, term=term, role=role, words=words, gaps=gaps, parts=parts, hyphens=hyphens, border=border
    )
    joined = _join_arabic(words) if gaps else ()
    forms = (written, replace(written, words=joined, gaps=(), parts=(), hyphens=(), border=0)) if joined else (written,)
    if role is Role.SHADOW:
        return forms
    return (*forms, *_list_variants(written, cut.texts, inflect, known))


@cache
def _share(gaps: tuple[str, ...]) -> tuple[str, ...]:
    """The same object for equal gaps: most names have a blank between two words."""
    return gaps


def _list_plurals(plural: Plural, count: int) -> Sequence[Plural]:
    """Of each word of a name: of a person's, only the last one is a family."""
    return [plural] * count if plural is not Plural.FAMILY else [*[Plural.NONE] * (count - 1), plural]


def _join_arabic(words: Sequence[Word]) -> tuple[Word, ...]:
    """A name of several words, written as one; empty where it may not be."""
    if find_script(words[0].folded[0]) != "ARABIC" or words[0].folded == LIKE_AN_ARTICLE:
        return ()
    joined = "".join([word.folded for word in words])
    return () if len(joined) < _SHORTEST_JOINED else (Word("", joined, is_rigid=True),)


def _list_variants(written: NameForm, texts: Sequence[str], inflect: Inflect, known: Spelling) -> Iterator[NameForm]:
    """Further spellings, which are not as good as the name's own."""
    if cut := _cut(written, texts, inflect, known):
        yield cut
    other = write_in_other_alphabet(texts, known.language)
    spelt = () if written.term.isascii() else _spell_out(texts)
    for spelling in filter(None, (spelt, other, _spell_out(other))):
        words = tuple([make_word(text, inflect) for text in spelling])
        yield replace(written, words=words, tier=Tier.VARIANT)
    if len(texts) == 1 and (languages := list_declining_languages(texts[0])):
        words = (make_word(texts[0].capitalize(), inflect, Plural.NONE),)
        yield replace(written, words=words, tier=Tier.VARIANT, languages=languages)
    if written.gaps and written.gaps[-1] in _BEFORE_STATE and is_state(texts[-1]):
        gap = "," if written.gaps[-1] == " " else " "
        yield replace(written, gaps=(*written.gaps[:-1], gap), tier=Tier.VARIANT)
    if known.is_person and len(texts) > 1:
        yield from _turn(written, texts, known)


def _turn(written: NameForm, texts: Sequence[str], known: Spelling) -> Iterator[NameForm]:
    """A person's name with the family name at the other end, where its language puts it first."""
    for order in list_orders(texts, known.language) if set(written.gaps) == {" "} else ():
        words = tuple([written.words[at] for at in order])
        yield replace(written, words=words, parts=(), hyphens=(), tier=Tier.PARTIAL, border=0)


def _find_border(texts: Sequence[str], known: Spelling) -> int:
    """Where the family name begins in a person's name: its last word, with the particles before it; or 0."""
    last = len(texts) - 1 - (len(texts) > _FEWEST_WITH_SUFFIX and is_suffix(texts[-1]))
    while last > 1 and _belongs_to_family(texts[last - 1]):
        last -= 1
    is_initial = bool(read_initials(texts[0])) or is_family_first(known.language)
    return (
        0
        if is_initial or (last > 0 and list_orders(texts[: last + 1], None)[:1] == [(*range(1, last + 1), 0)])
        else last
    )


def _belongs_to_family(text: str) -> bool:
    """Whether a word before a family name is part of it: von, Al, آل."""
    is_of_names = is_particle(compose(text)) or introduces_father(text) or fold(text) == LIKE_AN_ARTICLE
    return len(text) > 1 and is_of_names


def _spell_out(texts: Sequence[str]) -> Sequence[str]:
    """The words of a name with ö as oe; nothing where that changes none."""
    spelt = [spell_out(text) or text for text in texts]
    return spelt if spelt != list(texts) else ()


def _cut(written: NameForm, texts: Sequence[str], inflect: Inflect, known: Spelling) -> NameForm | None:
    """The name with every word that may be several as those: [TikTok] as [Tik, Tok]."""
    cuts = [_cut_word(written, text, index, known) for index, text in enumerate(texts)]
    if not any(cuts):
        return None
    pieces: list[str] = []
    gaps: list[str] = []
    for index, text in enumerate(texts):
        found = cuts[index] or (text,)
        pieces += found
        gaps += [*[" "] * (len(found) - 1), *written.gaps[index : index + 1]]
    plurals = _list_plurals(known.plural, len(pieces))
    words = tuple([make_word(piece, inflect, plural) for piece, plural in zip(pieces, plurals, strict=True)])
    return replace(written, words=words, gaps=tuple(gaps), parts=(), hyphens=(), tier=Tier.VARIANT, border=0)


def _cut_word(written: NameForm, text: str, index: int, known: Spelling) -> Sequence[str]:
    """The pieces of one word of a name; empty where it has none."""
    found = cut_name(text, known.language, is_first=index == 0)[::2]
    if not found:
        return ()
    count, is_shouted = len(written.words), written.term.isupper()
    is_long = len(text) >= _SHORTEST_CUT or not text.isalpha()
    is_initials = text.replace(".", "").isalpha() and all(len(piece.rstrip(".")) == 1 for piece in found)
    is_acronym = is_initials and "." not in text and not known.is_person  # of "EU Commission"
    if (is_initials and (count == 1 or is_shouted)) or is_acronym or (count == 1 and not is_long):
        return ()
    return [piece.rstrip(".") for piece in found]


def _list_parts(words: tuple[Word, ...], gaps: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Where each of several different names, joined into one, begins and ends; nothing for a name of one part."""
    conjunctions = list_conjunctions()
    if "/" not in gaps and conjunctions.isdisjoint([word.composed for word in words]):
        return ()
    parts, start = [], 0
    for index, word in enumerate(words):
        if word.composed in conjunctions:
            parts.append((start, index - 1))
            start = index + 1
        elif index and gaps[index - 1] == "/":
            parts.append((start, index - 1))
            start = index
    spans = [span for span in (*parts, (start, len(words) - 1)) if span[0] <= span[1]]
    spellings = {tuple(word.folded for word in words[first : last + 1]) for first, last in spans}
    return tuple(spans) if 1 < len(spans) == len(spellings) else ()
