"""Where a name stands in an article: free of others, written as a name is, and what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.model import Evidence, Zone
from monitor.rules.lexicon import Case, NameForm, Role
from monitor.rules.operators import Sighting
from monitor.rules.spans import Claim
from monitor.text.scripts import find_script
from monitor.text.tokenize import Words

MATCHED_ZONES = (Zone.HEADLINE, Zone.BODY)


def stands_free(words: Words, first: int, last: int) -> bool:
    """Within one sentence, and not inside a longer katakana word: マリ (Mali) is not in ソマリア."""
    if first != last and words.find_sentence(first) != words.find_sentence(last):
        return False
    return not any(_touches(words, index) for index in (first, last + 1) if 0 < index < len(words))


def _touches(words: Words, index: int) -> bool:
    """Whether a word and the one before it, both katakana, have nothing between them."""
    if words.gaps[index]:
        return False
    return {find_script(words.texts[index - 1][0]), find_script(words.texts[index][0])} == {"KATAKANA"}


def looks_like_name(form: NameForm, words: Words, index: int) -> bool:
    """Whether its case says that a word is a name: a capital inside a sentence, or an acronym outside a shouted one."""
    case = form.words[0].case
    if form.role is Role.LITERAL:
        return True
    if case is Case.UPPER:
        return not _is_shouted(words.list_sentence(index))
    is_first = index == 0 or words.find_sentence(index - 1) != words.find_sentence(index)
    return case is Case.CAPITAL and not is_first and not words.texts[index].isupper()


def _is_shouted(words: Sequence[str]) -> bool:
    """Whether a sentence is in capitals throughout; one word or two say nothing."""
    return len(words) > 2 and all(word.isupper() for word in words if word.upper() != word.lower())


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
        sentence=inside.find_sentence(claim.first),
        paragraph=inside.find_paragraph(claim.first),
    )
