"""Where a name stands in an article: free of others, written as a name is, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.model import Article, ArticleId, EntityId, Evidence, Tier, Zone
from monitor.model.sightings import Sighting, Sightings, group_sightings
from monitor.names.brief import is_counted
from monitor.names.lexicon import Case, NameForm, Role, Word, has_gaps, is_hyphen, read_gap
from monitor.names.reading import TIER_SCORES, Hit, Small
from monitor.names.spans import Claim, drop_repeats, settle_literals, settle_short
from monitor.names.views import View
from monitor.text.frequency import is_particle
from monitor.text.language import choose_language
from monitor.text.scripts import find_script
from monitor.text.tokenize import Words

# CPython 3.11 looks up a member of an enum by a function in Python: 0.2 µs, many times in each article.
_EXACT, _FUZZY, _UPPER, _ANY = Tier.EXACT, Tier.FUZZY, Case.UPPER, Case.ANY
_NAMES, _LITERAL, _SHADOW = frozenset({Role.NAME, Role.SHORT}), Role.LITERAL, Role.SHADOW
_PARTICLE, _COMMON = Small.PARTICLE, Small.COMMON
MATCHED_ZONES = (Zone.HEADLINE, Zone.BODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWords:
    """The fields of an article that are matched, as words, and its language."""

    article: ArticleId
    language: str | None
    fields: Mapping[Zone, Words]


def read_article(article: Article) -> ArticleWords:
    """Tokenise an article and find out its language, where it declares none."""
    return ArticleWords(
        article=article.id,
        language=choose_language(article.language, article.headline, article.body),
        fields={zone: Words(article.text(zone)) for zone in MATCHED_ZONES},
    )


def stake(form: NameForm, zone: Zone, words: Words, first: int, readings: Sequence[Sequence[Hit]]) -> Claim | None:
    """The name's claim to the words from `first` on, if it may be there; `readings` are its words' hits on each.

    The tier and the score are those of the worst word.
    """
    last = first + len(form.words) - 1
    if first == last and readings:
        return _stake_one(form, zone, words, first, readings[0]) if readings[0] else None
    chosen = fit(form, readings)
    if not chosen or (form.gaps and not has_gaps(form, words.gaps[first + 1 : last + 1])):
        return None
    if not stands_free(words, first, last) or not has_capitals(form, chosen, words, first):
        return None
    return Claim(form, zone, first, last, *score_hits(chosen, form.tier))


def stake_pieces(form: NameForm, zone: Zone, view: View, first: int, readings: Sequence[Sequence[Hit]]) -> Claim | None:
    """The same to the words of a view, of which one at least is in pieces; they are whole words of the text.

    Such a name takes no other liberty: nothing is misspelt, and only particles are in small letters.
    """
    last = first + len(form.words) - 1
    if last >= len(view.places) or not view.covers(first, last):
        return None
    chosen = fit(form, readings)
    if not chosen or form.gaps != tuple(map(read_gap, view.gaps[first + 1 : last + 1])):
        return None
    if any(hit.tier is _FUZZY or hit.small > _PARTICLE for hit in chosen):
        return None
    begin, end = view.places[first], view.places[last]
    if not stands_free(view.words, begin, end) or not has_capitals(form, chosen, view, first):
        return None
    return Claim(form, zone, begin, end, *score_hits(chosen, Tier.VARIANT))


def score_hits(hits: Sequence[Hit], best: Tier) -> tuple[Tier, int]:
    """The worst tier of the words of a name and of the name as it is spelt, and the score."""
    tier, score = best, TIER_SCORES[best]
    for hit in hits:
        if hit.tier.rank > tier.rank:
            tier = hit.tier
        score = min(score, hit.score)
    return tier, score


def _stake_one(form: NameForm, zone: Zone, words: Words, index: int, hits: Sequence[Hit]) -> Claim | None:
    """The same for a name of one word, which has its own look to speak for it where the word is another too."""
    best = hits[0]
    if best.small:
        return None
    is_sure = form.role is _SHADOW or form.tier is not _EXACT
    if (best.is_loose or is_sure) and not is_firm(form, hits[:1]):
        return None
    if not (words.gaps[index] and words.gaps[index + 1]) and not stands_free(words, index, index):
        return None
    if best.is_doubtful and not looks_like_name(form, words, index):
        return None
    if form.tier.rank > best.tier.rank:
        return Claim(form, zone, index, index, *score_hits(hits[:1], form.tier))
    return Claim(form, zone, index, index, best.tier, best.score)


def fit(form: NameForm, readings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The best of the `readings` of each word of a name; empty when one word has none there."""
    if len(readings) < len(form.words):
        return ()
    end = len(form.words) - 1
    chosen = []
    for index, hits in enumerate(readings):
        best = next((hit for hit in hits if hit.fits(is_first=index == 0, is_last=index == end)), None)
        if best is None:
            return ()
        chosen.append(best)
    return tuple(chosen) if is_firm(form, chosen) else ()


def has_capitals(form: NameForm, hits: Sequence[Hit], words: Words | View, first: int) -> bool:
    """Whether the words that stand in small letters may: the first but for particles needs the capital of the name.

    After it, a usual word needs a hyphen before it (Kim Jong-un), or a first word whose capital is not that of a
    sentence: "the White house", but not "White house prices". And nothing is misspelt besides.
    """
    if not any(hit.small for hit in hits):
        return True
    main = find_main(form.words)
    if hits[main].small or any(hit.small > _PARTICLE for hit in hits[:main]):
        return False
    if any(hit.tier is _FUZZY for hit in hits):
        return False
    is_inside = not words.opens(first + main)
    return is_inside or all(
        hit.small is not _COMMON or is_hyphen(words.gaps[first + at])
        for at, hit in enumerate(hits[main + 1 :], start=main + 1)
    )


def find_main(words: Sequence[Word]) -> int:
    """The word of a name that needs its capital: the first but for particles."""
    return next((at for at, word in enumerate(words) if not _is_leading(word)), 0)


def _is_leading(word: Word) -> bool:
    """Whether a word before the main one of a name may be in small letters; an initial may not."""
    return len(word.folded) > 1 and is_particle(word.composed)


def is_firm(form: NameForm, hits: Sequence[Hit]) -> bool:
    """Shipped names and variants are never misspelt; else one word may be loose beside a better one."""
    if form.role is _SHADOW or form.tier is not _EXACT:
        return all(hit.tier is not _FUZZY for hit in hits)
    loose = len([hit for hit in hits if hit.is_loose])
    return loose == 0 or (loose == 1 and any(hit.tier is not _FUZZY for hit in hits))


def stands_free(words: Words, first: int, last: int) -> bool:
    """Within one sentence, and not inside a longer katakana word: マリ (Mali) is not in ソマリア."""
    is_unbroken = first == last or words.is_unbroken(first, last)
    return is_unbroken and not (_touches(words, first) or _touches(words, last + 1))


def _touches(words: Words, index: int) -> bool:
    """Whether a word and the one before it, both katakana, have nothing between them."""
    if words.gaps[index] or not 0 < index < len(words):
        return False
    return {find_script(words.texts[index - 1][0]), find_script(words.texts[index][0])} == {"KATAKANA"}


def looks_like_name(form: NameForm, words: Words, index: int) -> bool:
    """Whether its case says that a word is a name: a capital inside a sentence, or an acronym outside a shouted one."""
    case = form.words[0].case
    if form.role is _LITERAL:
        return True
    if case is _UPPER and words.texts[index].isupper():
        return not _is_shouted(words.walk_sentence(index))
    return case is not _ANY and not words.texts[index].isupper() and not words.begins_sentence(index)


def _is_shouted(words: Iterable[str]) -> bool:
    """Whether a sentence is in capitals throughout; one word or two say nothing."""
    count = 0
    for word in words:
        if not word.isupper() and word.upper() != word.lower():
            return False
        count += 1
    return count > 2


def sight(claim: Claim, words: Mapping[Zone, Words]) -> Sighting:
    """What the reader is shown of a claim, whole words as published, and where it is for `within`."""
    inside = words[claim.field]
    start, end = inside.find_span(claim.first, claim.last)
    evidence = Evidence(
        entity=claim.form.owner,
        term=claim.form.term,
        field=claim.field,
        start=start,
        end=end,
        text=inside.text[start:end],
        tier=claim.tier,
        score=claim.score,
    )
    return Sighting(
        evidence=evidence,
        first=claim.first,
        last=claim.last,
        words=inside,
    )


def gather(
    claims: Sequence[Claim],
    article: ArticleWords,
    near: Mapping[EntityId, Collection[EntityId]],
    resolve: Callable[[Sequence[Claim]], tuple[Claim, ...]],
) -> Sightings:
    """What of all claims, in the order of the article, stands; `resolve` is that of `spans`, or as good."""
    words, language = article.fields, article.language
    claims = [claim for claim in claims if not claim.form.languages or is_counted(claim, words, language)]
    literals = [claim for claim in claims if claim.form.role is _LITERAL]
    named = [claim for claim in claims if claim.form.role is not _LITERAL] if literals else claims
    settled = settle_short(named, near, resolve)
    names = drop_repeats(claim for claim in settled if claim.form.role in _NAMES)
    return group_sightings(
        article.article,
        language,
        names=[sight(claim, words) for claim in names],
        literals=[sight(claim, words) for claim in settle_literals(literals, settled)],
    )
