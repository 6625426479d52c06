"""Which of several names that claim the same words of a text has them (docs/matching.md, Guards)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.model import EntityId, Tier, Zone
from monitor.names.lexicon import NameForm, Role

# CPython 3.11 looks up a member of an enum by a function in Python: 0.2 µs, many times in each article.
_FUZZY, _PARTIAL, _NAME, _SHORT, _NEVER = Tier.FUZZY, Tier.PARTIAL, Role.NAME, Role.SHORT, Role.NEVER
_HEADLINE = Zone.HEADLINE


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that fits the tokens `first` to `last` (inclusive) of one zone of an article."""

    form: NameForm
    field: Zone
    first: int
    last: int
    tier: Tier
    score: int
    between: tuple[int, int] | None = None  # the first and last word that is a person's middle name

    @property
    def order(self) -> tuple[bool, int, int, int]:
        """Lower wins: certain before fuzzy, then more words, then the better tier, then the better score.

        Fuzzy comes last whatever its length, so that no misspelling turns one watched name into another.
        """
        extra = self.between[1] - self.between[0] + 1 if self.between else 0
        return (self.tier is _FUZZY, self.first - self.last + extra, self.tier.rank, -self.score)


def resolve(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The names that have their words to themselves, or share them with an equal; in the order of the text.

    A `not:` name beats an equal name of its own entity. A name joined of several (Pfizer/BioNTech) leaves each of them
    its own words.
    """
    claims = list(claims)
    if any(claim.tier is _PARTIAL for claim in claims):
        claims = [claim for claim in claims if not _yields(claim, claims)]
    winners: list[Claim] = []
    taken: dict[tuple[Zone, int], Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.order):
        places = [(claim.field, index) for index in range(claim.first, claim.last + 1)]
        if all(place not in taken or _may_share(claim, taken[place]) for place in places):
            winners.append(claim)
            for place in places:
                taken[place] = claim
    refused = {_name_place(claim) for claim in winners if _is_never(claim)}
    kept = [c for c in winners if _name_place(c) not in refused or _is_never(c)] if refused else winners
    return tuple(sorted(kept, key=lambda claim: (claim.field is not _HEADLINE, claim.first, claim.last)))


def _yields(claim: Claim, others: Iterable[Claim]) -> bool:
    """Whether a name with other parts is none: a watched name is among them, or a name of the same owner is enough."""
    if claim.tier is not _PARTIAL:
        return False
    sure = [each for each in others if each.tier.rank < _PARTIAL.rank and each.field is claim.field]
    return any(_crosses(claim, each) or _is_enough(claim, each) for each in sure)


def _crosses(claim: Claim, other: Claim) -> bool:
    is_between = claim.between is not None and other.first <= claim.between[1] and other.last >= claim.between[0]
    return is_between and other.form.owner != claim.form.owner


def _is_enough(claim: Claim, other: Claim) -> bool:
    """Whether a name of the same owner stands inside, as it is: its tier is the better one."""
    is_inside = claim.first <= other.first and other.last <= claim.last and other.form.owner == claim.form.owner
    return is_inside and other.form.role is _NAME and not _is_never(claim)


def _name_place(claim: Claim) -> tuple[object, ...]:
    return claim.form.owner, claim.field, claim.first, claim.last


def _may_share(claim: Claim, holder: Claim) -> bool:
    """Whether `claim` may have words that a better one holds: an equal, or one whole part of a joined name."""
    if claim.order == holder.order:
        return True
    is_open = holder.form.role is _NAME and claim.tier is not _FUZZY
    return is_open and (claim.first - holder.first, claim.last - holder.first) in holder.form.parts


def _is_never(claim: Claim) -> bool:
    return claim.form.role is _NEVER


def resolve_apart(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """As `resolve`, of claims in the order of the text; one that shares no word with another is settled as it is."""
    settled: list[Claim] = []
    group: list[Claim] = []
    last = -1  # word of the group
    for claim in claims:
        if group and (claim.first > last or claim.field is not group[0].field):
            settled += group if len(group) == 1 else resolve(group)
            group, last = [], -1
        group.append(claim)
        last = max(last, claim.last)
    settled += group if len(group) == 1 else resolve(group)
    return tuple(settled)


def settle_short(
    claims: Sequence[Claim],
    near: Mapping[EntityId, Collection[EntityId]],
    resolve: Callable[[Sequence[Claim]], tuple[Claim, ...]],
) -> tuple[Claim, ...]:
    """Resolve, leaving out the short names of entities for which neither a full name nor a `near` entity was found."""
    full = [claim for claim in claims if claim.form.role is not _SHORT]
    settled = resolve(full)
    if len(full) == len(claims):
        return settled
    present = {claim.form.owner for claim in settled if claim.form.role is _NAME}
    owners = {claim.form.owner for claim in claims if claim.form.role is _SHORT and claim.form.owner is not None}
    supported = {each for each in owners if each in present or not present.isdisjoint(near[each])}
    return resolve([c for c in claims if c.form.role is not _SHORT or c.form.owner in supported])


def drop_repeats(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """One claim per owner and place: two names of one entity that are equally good count once, the first listed."""
    kept: dict[tuple[object, ...], Claim] = {}
    for claim in claims:
        form = claim.form
        key = (form.owner or form.term, claim.field, claim.first, claim.last)
        if key not in kept or claim.order < kept[key].order:
            kept[key] = claim
    return tuple(kept.values())


def settle_literals(literals: Iterable[Claim], names: Iterable[Claim]) -> tuple[Claim, ...]:
    """Literals take no words from names and lose none to them, but a misspelling yields to whatever fits better."""
    literals = list(literals)
    if not literals:
        return ()
    better: dict[tuple[Zone, int], set[int]] = defaultdict(set)
    for claim in names:
        for index in range(claim.first, claim.last + 1):
            better[claim.field, index].add(claim.tier.rank)
    kept = (
        claim
        for claim in literals
        if claim.tier is not _FUZZY
        or not any(min(better[claim.field, i], default=9) < claim.tier.rank for i in range(claim.first, claim.last + 1))
    )
    return drop_repeats(kept)
