"""Rules and texts by chance, for what must hold of every rule and every article."""

from __future__ import annotations

import random
from collections.abc import Sequence

from factories import make_entity, make_rule

from monitor.model import RuleId, Zone
from monitor.names.compile import NameBook, drop_equal, list_entity_forms, list_literal_forms
from monitor.names.model import Entity
from monitor.rules.compile import list_literals
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Literal,
    MatchMode,
    Near,
    NoneOf,
    Rule,
    RuleRef,
    Unit,
    Watchlist,
    Weighted,
    Within,
)

TEXTS = [
    "Putin",
    "Vladimir Putin",
    "Aliyev",
    "phone call",
    "football",
    "South Sudan",
    "Sudan",
    "Путин",
    "בוטין",
    "Баку",
]
FILLERS = ["the", "met", "in", "and", "о", "Путине", "putin", "Aliev", "Putin's", "nobody"]
GAPS = [" ", " ", " ", ", ", ". ", "\n\n"]
FIELDS = [frozenset({Zone.HEADLINE, Zone.BODY}), frozenset({Zone.HEADLINE}), frozenset({Zone.BODY})]


def write_text(dice: random.Random) -> str:
    words = (dice.choice(TEXTS if dice.random() < 0.7 else FILLERS) for _ in range(dice.randrange(12)))
    return "".join(f"{word}{dice.choice(GAPS)}" for word in words)


def make_condition(dice: random.Random, entities: Sequence[Entity], depth: int = 2) -> Condition:
    if depth and dice.random() < 0.6:
        operands = tuple(make_condition(dice, entities, depth - 1) for _ in range(dice.randrange(1, 4)))
        weights = tuple(dice.choice([3, 2, 1, -1]) for _ in operands)
        within = dice.choice([Within(unit=Unit.WORDS, count=4), Within(unit=Unit.SENTENCE), Within(unit=Unit.HEADLINE)])
        return dice.choice(
            [
                AllOf(operands=operands),
                AnyOf(operands=operands),
                NoneOf(operands=operands),
                AtLeast(operands=operands, count=dice.randrange(1, len(operands) + 1)),
                Weighted(operands=operands, weights=weights, threshold=dice.randrange(1, 4)),
                Near(operands=operands, within=within, is_ordered=dice.random() < 0.5),
            ]
        )
    if dice.random() < 0.3:
        match = dice.choice([None, *MatchMode])
        return Literal(text=dice.choice(TEXTS), match=match, is_cased=dice.random() < 0.3)
    return EntityRef(id=dice.choice(entities).id)


def make_rules(dice: random.Random, count: int = 6) -> tuple[list[Entity], dict[RuleId, Rule]]:
    """Four entities, and rules on them, some of which rest on earlier ones."""
    entities = [make_entity(f"e{at}", *dice.sample(TEXTS, 2), short=dice.sample(TEXTS, at % 2)) for at in range(4)]
    rules = []
    for number in range(count):
        condition = AllOf(operands=(make_condition(dice, entities), make_condition(dice, entities)))
        if number and dice.random() < 0.3:
            condition = AllOf(operands=(RuleRef(id=RuleId(f"r{dice.randrange(number)}")), condition))
        within = dice.choice([None, None, Within(unit=Unit.WORDS, count=5), Within(unit=Unit.SENTENCE)])
        languages = dice.choice([frozenset(), frozenset({"ru"})])
        more = {"match": dice.choice(list(MatchMode)), "fields": dice.choice(FIELDS)}
        rules.append(make_rule(f"r{number}", condition, within=within, languages=languages, **more))
    return entities, {rule.id: rule for rule in rules}


def compile_briefly(watchlist: Watchlist) -> NameBook:
    """Without the shipped names, which take longer to index than all the rest."""
    forms = [form for entity in watchlist.entities.values() for form in list_entity_forms(entity)]
    forms += [form for text in list_literals(watchlist.rules) for form in list_literal_forms(text)]
    return NameBook(entities=watchlist.entities, forms=tuple(drop_equal(forms)))
