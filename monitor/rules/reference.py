"""The plain reference: what matching means, written to be read. The fast engine must give the same answers, always."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from monitor.model import Article, Evidence, Match, Source, Tier, Zone
from monitor.rules.compile import RuleBook
from monitor.rules.lexicon import NameForm, Role, Word, read_gap
from monitor.rules.model import Rule
from monitor.rules.operators import Sightings, collect, judge, selects_language, selects_source
from monitor.rules.places import MATCHED_ZONES, looks_like_name, sight, stands_free
from monitor.rules.prospects import could_fire
from monitor.rules.reading import Hit
from monitor.rules.spans import Claim, drop_repeats, settle_literals, settle_short
from monitor.rules.vocabulary import Vocabulary
from monitor.text.language import find_language
from monitor.text.tokenize import Words

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
        self._shortened = frozenset(entity.id for entity in book.watchlist.entities.values() if entity.short)

    def find(self, article: Article) -> tuple[Evidence, ...]:
        """Every watched name in headline and body, ordered by field, start and the order of the watch-list."""
        return tuple(sighting.evidence for sighting in self.see(article).names)

    def match(self, article: Article, source: Source | None) -> tuple[Match, ...]:
        """Every rule that fires, in the rules' order. Text from outside any source passes every `sources`."""
        open_rules = self._list_open(article, source)
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

    def could_gain(self, article: Article, source: Source | None) -> bool:
        """Whether a rule that does not fire on it could if its body said more."""
        open_rules = self._list_open(article, source)
        if not open_rules:
            return False
        seen = self.see(article)
        return any(could_fire(rule, seen, self._book.rules, self._shortened) for rule in open_rules)

    def _list_open(self, article: Article, source: Source | None) -> list[Rule]:
        """The rules whose sources and languages let the article in."""
        language = find_language(article.language, article.headline, article.body)
        return [
            rule
            for rule in self._book.rules.values()
            if selects_source(rule, source) and selects_language(rule, language)
        ]

    def see(self, article: Article) -> Sightings:
        """Every name and literal that stands in the article, with the places that `within` measures."""
        language = find_language(article.language, article.headline, article.body)
        words = {zone: Words(article.text(zone)) for zone in MATCHED_ZONES}
        claims = [claim for zone in MATCHED_ZONES for claim in self._claim(zone, words[zone], language)]
        literals = [claim for claim in claims if claim.form.role is Role.LITERAL]
        settled = settle_short([claim for claim in claims if claim.form.role is not Role.LITERAL], self._near)
        names = drop_repeats(claim for claim in settled if claim.form.role in {Role.NAME, Role.SHORT})
        return collect(
            names=[sight(claim, words) for claim in names],
            literals=[sight(claim, words) for claim in settle_literals(literals, settled)],
        )

    def _claim(self, zone: Zone, words: Words, language: str | None) -> Iterator[Claim]:
        """Every place of a zone where a name fits, whatever else fits there, in the order of text and watch-list."""
        known = {word: self._vocabulary.find(word, language) for word in set(words.texts)}
        hits = [known[word] for word in words.texts]
        gaps = tuple(read_gap(gap) for gap in words.gaps[1:-1])
        for first, readings in enumerate(hits):
            starting = sorted((pair for word in readings for pair in self._starting.get(word, ())), key=itemgetter(0))
            for _, form in starting:
                chosen = fit(form, hits[first : first + len(form.words)])
                last = first + len(form.words) - 1
                is_there = chosen and form.gaps == gaps[first:last] and stands_free(words, first, last)
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
