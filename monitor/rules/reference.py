"""The plain reference: what matching means, written to be read. The fast engine must give the same answers, always."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter

from monitor.model import Article, Evidence, Match, Source, Tier, Zone
from monitor.rules.compile import RuleBook
from monitor.rules.lexicon import Case, NameForm, Role, Word, list_gaps
from monitor.rules.operators import Sighting, Sightings, collect, judge, selects_language, selects_source
from monitor.rules.reading import Hit
from monitor.rules.spans import Claim, drop_repeats, settle_literals, settle_short
from monitor.rules.vocabulary import Vocabulary
from monitor.text.language import find_language
from monitor.text.scripts import find_script
from monitor.text.tokenize import Token, tokenize

MATCHED_ZONES = (Zone.HEADLINE, Zone.BODY)
Hits = Mapping[Word, tuple[Hit, ...]]


class Reference:
    """Implements ports.Matcher over one rule book. Holds no state between two articles."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._vocabulary = Vocabulary(word for form in book.names for word in form.words)
        self._starting: dict[Word, list[tuple[int, NameForm]]] = defaultdict(list)
        for rank, form in enumerate(book.names):
            self._starting[form.words[0]].append((rank, form))
        self._near = {entity.id: entity.near for entity in book.watchlist.entities.values()}

    def find(self, article: Article) -> tuple[Evidence, ...]:
        """Every watched name in headline and body, ordered by field, start and the order of the watch-list."""
        return tuple(sighting.evidence for sighting in self.see(article).names)

    def match(self, article: Article, source: Source | None) -> tuple[Match, ...]:
        """Every rule that fires, in the rules' order. Text from outside any source passes every `sources`."""
        language = find_language(article.language, article.headline, article.body)
        open_rules = [
            rule
            for rule in self._book.rules.values()
            if selects_source(rule, source) and selects_language(rule, language)
        ]
        if not open_rules:
            return ()
        seen = self.see(article)
        verdicts = ((rule, judge(rule, seen, self._book.rules)) for rule in open_rules)
        return tuple(
            Match(
                rule=rule.id,
                title=rule.title,
                severity=rule.severity,
                article=article.id,
                score=verdict.score,
                evidence=verdict.evidence,
            )
            for rule, verdict in verdicts
            if verdict.holds
        )

    def see(self, article: Article) -> Sightings:
        """Every name and literal that stands in the article, with the places that `within` measures."""
        language = find_language(article.language, article.headline, article.body)
        tokens = {zone: tokenize(article.text(zone)) for zone in MATCHED_ZONES}
        claims = [claim for zone in MATCHED_ZONES for claim in self._claim(article.text(zone), zone, tokens, language)]
        literals = [claim for claim in claims if claim.form.role is Role.LITERAL]
        settled = settle_short([claim for claim in claims if claim.form.role is not Role.LITERAL], self._near)
        names = drop_repeats(claim for claim in settled if claim.form.role in {Role.NAME, Role.SHORT})
        return collect(
            names=[_sight(claim, article, tokens) for claim in names],
            literals=[_sight(claim, article, tokens) for claim in settle_literals(literals, settled)],
        )

    def _claim(
        self, text: str, zone: Zone, tokens: Mapping[Zone, Sequence[Token]], language: str | None
    ) -> Iterator[Claim]:
        """Every place of `text` where a name fits, whatever else fits there, in the order of text and watch-list."""
        words = tokens[zone]
        known = {word: self._vocabulary.find(word, language) for word in {token.text for token in words}}
        hits = [known[token.text] for token in words]
        gaps = list_gaps(text, tuple(words))
        for first, readings in enumerate(hits):
            starting = sorted((pair for word in readings for pair in self._starting.get(word, ())), key=itemgetter(0))
            for _, form in starting:
                chosen = fit(form, hits[first : first + len(form.words)])
                last = first + len(form.words) - 1
                is_there = chosen and form.gaps == gaps[first:last] and _stands_free(words, first, last)
                if is_there and (last > first or not chosen[0].is_doubtful or looks_like_name(form, words, first)):
                    tier = max((hit.tier for hit in chosen), key=lambda tier: tier.rank)
                    yield Claim(form, zone, first, last, tier, min(hit.score for hit in chosen))


def fit(form: NameForm, hits: Sequence[Hits]) -> tuple[Hit, ...]:
    """The best reading of each word of a name on as many tokens; empty when one does not fit."""
    if len(hits) < len(form.words):
        return ()
    end = len(form.words) - 1
    chosen = []
    for index, word in enumerate(form.words):
        readings = (hit for hit in hits[index].get(word, ()) if hit.fits(is_first=index == 0, is_last=index == end))
        best = next(readings, None)
        if best is None:
            return ()
        chosen.append(best)
    return tuple(chosen) if _is_firm(form, chosen) else ()


def _is_firm(form: NameForm, hits: Sequence[Hit]) -> bool:
    """Shipped names are never misspelt; of a user's, one word may be loose where another fits better than fuzzily."""
    if form.role is Role.SHADOW:
        return all(hit.tier is not Tier.FUZZY for hit in hits)
    loose = sum(hit.is_loose for hit in hits)
    return loose == 0 or (loose == 1 and any(hit.tier is not Tier.FUZZY for hit in hits))


def _stands_free(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Within one sentence, and not inside a longer katakana word: マリ (Mali) is not in ソマリア."""
    if tokens[first].sentence != tokens[last].sentence:
        return False
    edges = (*pairwise(tokens[max(first - 1, 0) : first + 1]), *pairwise(tokens[last : last + 2]))
    return not any(_touches(left, right) for left, right in edges)


def looks_like_name(form: NameForm, tokens: Sequence[Token], index: int) -> bool:
    """Whether its case says that a word is a name: a capital inside a sentence, or an acronym outside a shouted one."""
    case, sentence = form.words[0].case, tokens[index].sentence
    if form.role is Role.LITERAL:
        return True
    if case is Case.UPPER:
        return not _is_shouted([token.text for token in tokens if token.sentence == sentence])
    is_first = index == 0 or tokens[index - 1].sentence != sentence
    return case is Case.CAPITAL and not is_first and not tokens[index].text.isupper()


def _is_shouted(words: Sequence[str]) -> bool:
    """Whether a sentence is in capitals throughout; one word or two say nothing."""
    return len(words) > 2 and all(word.isupper() for word in words if word.upper() != word.lower())


def _touches(left: Token, right: Token) -> bool:
    return left.end == right.start and {find_script(left.text[0]), find_script(right.text[0])} == {"KATAKANA"}


def _sight(claim: Claim, article: Article, tokens: Mapping[Zone, Sequence[Token]]) -> Sighting:
    start, end = tokens[claim.field][claim.first], tokens[claim.field][claim.last]
    evidence = Evidence(
        entity=claim.form.owner,
        term=claim.form.term,
        field=claim.field,
        start=start.start,
        end=end.end,
        text=article.text(claim.field)[start.start : end.end],
        tier=claim.tier,
        score=claim.score,
    )
    return Sighting(
        evidence=evidence,
        first=claim.first,
        last=claim.last,
        sentence=start.sentence,
        paragraph=start.paragraph,
    )
