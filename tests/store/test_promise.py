"""The promise, whatever the order: every match reaches exactly one digest of each recipient who was subscribed."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from monitor.model import DigestName
from monitor.ports import Retention
from monitor.store.open import open_store

pytestmark = pytest.mark.no_cover

PAIRS = [("morning", "sami@example.org"), ("now", "sami@example.org"), ("morning", "desk@example.org")]


class Promise(RuleBasedStateMachine):
    """What was committed and told is counted here by hand, and compared with what the store says."""

    make: Any  # these two are set by the test
    template: Path
    drafts = Bundle("drafts")

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        shutil.copy(self.template, self.folder.name)
        self.store = open_store("sqlite", state=Path(self.folder.name))
        self.slots, self.days = count(), count()
        self.seen: list[str] = []  # what came to pass
        self.committed: list[tuple[str, str]] = []
        self.owed: dict[str, set[tuple[str, str]]] = {recipient: set() for _, recipient in PAIRS}
        self.told: dict[str, list[tuple[str, str]]] = {recipient: [] for _, recipient in PAIRS}
        pairs = [(DigestName(digest), recipient) for digest, recipient in PAIRS]
        asyncio.run(self.store.digests.subscribe(pairs, self.make.noon))

    @rule(names=st.lists(st.sampled_from("abcdef"), max_size=3), rules=st.sets(st.sampled_from("rs"), min_size=1))
    def poll(self, names, rules):
        record = self.make.poll(*names, rules=tuple(sorted(rules)))
        new = {(match.rule, match.article) for match in record.matches} - set(self.committed)
        assert asyncio.run(self.store.polls.commit_poll(record)) == len(new)
        self.committed += sorted(new)
        for owed in self.owed.values():
            owed.update(new)

    @rule(target=drafts, pair=st.sampled_from(PAIRS), at_most=st.integers(1, 4))
    def draft(self, pair, at_most):
        """Look at what is pending and render it; the commit may come much later, or twice, or never."""
        subscription = self.find(pair)
        pending = asyncio.run(self.store.digests.list_pending(subscription)).records[:at_most]
        if not pending:
            return multiple()
        return self.make.digest(subscription, f"slot {next(self.slots)}", *pending)

    @rule(draft=drafts)
    def commit(self, draft):
        recipient = draft.subscription.recipient
        items = [(one.match.rule, one.match.article) for story in draft.digest.stories for one in story.records]
        before = self.find((draft.subscription.digest, recipient))
        if draft.subscription.cursor < before.cursor:
            return  # the pipeline has one task per subscription: its own drafts do not overtake each other
        done = asyncio.run(self.store.digests.commit_digest(draft))
        assert done == set(items).isdisjoint(self.told[recipient])
        if done:
            self.told[recipient] += items
        self.seen.append("told" if done else "refused")

    @rule(name=st.sampled_from("ghij"))
    def race(self, name):
        """Two digests of one recipient look at the same match, and both commit."""
        self.poll([name], {"r"})
        drafts = [self.draft(pair, 1) for pair in PAIRS[:2]]
        for draft in drafts:
            if draft != multiple():
                self.commit(draft)

    @rule()
    def restart(self):
        self.store.close()
        self.store = open_store("sqlite", state=Path(self.folder.name))

    @rule()
    def prune(self):
        later = self.make.noon + timedelta(days=2000 + next(self.days))
        if asyncio.run(self.store.archive.prune(Retention(matches=None), later)):
            self.seen.append("pruned")

    def find(self, pair):
        found = asyncio.run(self.store.digests.list_subscriptions())
        return next(one for one in found if (one.digest, one.recipient) == pair)

    @invariant()
    def nobody_is_told_twice(self):
        for told in self.told.values():
            assert len(told) == len(set(told))

    @invariant()
    def what_is_owed_is_pending(self):
        for digest, recipient in PAIRS:
            subscription = self.find((digest, recipient))
            pending = asyncio.run(self.store.digests.list_pending(subscription)).records
            pairs = {(one.match.rule, one.match.article) for one in pending}
            assert pairs.isdisjoint(self.told[recipient])
            others = [pair for pair in PAIRS if pair[1] == recipient]
            if len(others) == 1:
                assert pairs == self.owed[recipient] - set(self.told[recipient])

    @rule()
    def catch_up(self):
        for pair in PAIRS:
            subscription = self.find(pair)
            if pending := asyncio.run(self.store.digests.list_pending(subscription)).records:
                self.commit(self.make.digest(subscription, f"slot {next(self.slots)}", *pending))

    def teardown(self):
        self.catch_up()
        for recipient, told in self.told.items():
            assert sorted(told) == sorted(self.owed[recipient])
        self.store.close()
        self.folder.cleanup()


class PromiseOfAnOldStore(Promise):
    """The same where two digests have collided and all that was told has been pruned, whatever comes then."""

    @initialize()
    def grow_old(self):
        self.race("g")
        self.catch_up()
        self.prune()
        assert {"told", "refused", "pruned"} <= set(self.seen)


@pytest.mark.parametrize(("machine", "runs"), [(Promise, 12), (PromiseOfAnOldStore, 8)], ids=["new", "old"])
def test_every_match_reaches_exactly_one_digest_of_a_recipient(make, sqlite_template, machine, runs):
    run_state_machine_as_test(
        type("Bound", (machine,), {"make": make, "template": sqlite_template}),
        settings=settings(
            max_examples=runs,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
