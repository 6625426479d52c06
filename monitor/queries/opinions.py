"""What people said of the stories of rules: labels, weighed for each rule and story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model import ArticleId, RuleId
from monitor.model.feedback import Judgement, Label, Labelled, Why
from monitor.ports.tuning import MatchNote

Told = tuple[RuleId, str]  # a rule, and a story in which it has a match, or a match that was labelled alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Whether a story was worth reporting for a rule, and the reasons of those who say that it was not."""

    judgement: Judgement
    reasons: tuple[Why | None, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.judgement is Judgement.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What was said, and to what of it the match of a rule on an article belongs."""

    said: Mapping[Told, Opinion] = field(default_factory=dict)
    alone: Mapping[tuple[RuleId, ArticleId], str] = field(default_factory=dict)
    stories: Mapping[ArticleId, str] = field(default_factory=dict)

    def place(self, rule: RuleId, article: ArticleId) -> Told:
        """The story of a match; the match itself where it was labelled alone."""
        return rule, self.alone.get((rule, article)) or self.stories.get(article, article)

    def select(self, rule: RuleId) -> Mapping[Told, Opinion]:
        """Those of one rule."""
        return {told: opinion for told, opinion in self.said.items() if told[0] == rule}


def weigh_labels(labels: Sequence[Label], notes: Sequence[MatchNote]) -> Opinions:
    """The majority of those who labelled it, of a tie the last one; `labels` are the oldest first.

    A label of a story is of every rule that has a match in it. A match that somebody labelled stands for itself, with
    the rule that it is of, and no label of its story is about it.
    """
    numbered = {str(note.seq): note for note in notes}
    own = [numbered[one.subject] for one in labels if one.kind is Labelled.MATCH and one.subject in numbered]
    alone = {(note.rule, note.article): f"match {note.seq}" for note in own}
    rules: defaultdict[str, set[RuleId]] = defaultdict(set)
    for note in notes:
        if (note.rule, note.article) not in alone:
            rules[note.story].add(note.rule)
    said: defaultdict[Told, dict[str, Label]] = defaultdict(dict)
    for label in labels:
        if label.kind is Labelled.STORY:
            for rule in rules.get(label.subject, ()):
                said[rule, label.subject][label.author] = label
        elif label.subject in numbered:
            note = numbered[label.subject]
            said[note.rule, alone[note.rule, note.article]][label.author] = label
    return Opinions(
        said={told: _weigh(sorted(each.values(), key=lambda one: one.at)) for told, each in said.items()},
        alone=alone,
        stories={note.article: note.story for note in notes},
    )


def _weigh(labels: Sequence[Label]) -> Opinion:
    good = sum(one.judgement is Judgement.GOOD for one in labels)
    bad = len(labels) - good
    judgement = labels[-1].judgement if good == bad else Judgement.GOOD if good > bad else Judgement.BAD
    reasons = tuple(one.why for one in labels if one.judgement is Judgement.BAD)
    return Opinion(judgement=judgement, reasons=() if judgement is Judgement.GOOD else reasons)
