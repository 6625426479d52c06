"""SilenceStore, the same on both dialects: silences, what they keep back, and the digest that counts it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import EntityId, Evidence, OutboxState, Part, Tier, Zone
from monitor.model.silence import Silence, SilenceId, SilenceKind
from monitor.ports import Retention
from monitor.ports.silences import HeldMatch

HOUR = timedelta(hours=1)
SAMI = "sami@example.org"


@pytest.fixture
def silence(make):
    return Silence(
        kind=SilenceKind.RULE,
        subject="karabakh",
        title="قره باغ",
        begun_at=make.noon,
        until=make.noon + HOUR,
        author="Ольга",
        comment="太多",
    )


async def hold(store, make, silence, *names):
    """A match of each article, set aside; the subscription then, and the numbers of the matches."""
    before = await make.subscribe(store)
    await store.polls.commit_poll(make.poll(*names))
    seqs = [one.seq for one in (await store.digests.list_pending(before)).records]
    held = tuple(HeldMatch(seq=seq, silence=silence.id) for seq in seqs)
    record = replace(make.digest(before, "none"), digest=None, parts=(), held=held)
    moved = replace(record.subscription, cursor=seqs[-1])
    return await store.digests.commit_digest(replace(record, subscription=moved)), moved, seqs


def test_a_silence_is_kept_as_it_was_made_and_a_second_one_changes_it(store, make, silence):
    async def scenario():
        made = await store.silences.add(silence)
        assert made == replace(silence, id=made.id)
        assert await store.silences.list_silences() == [made]
        later = replace(silence, begun_at=make.noon + HOUR / 2, until=make.noon + 9 * HOUR, comment="", author="李")
        changed = await store.silences.add(later)
        assert changed == replace(made, until=later.until, comment="", author="李")
        other = await store.silences.add(replace(later, recipient=SAMI))
        assert await store.silences.list_silences() == [changed, other]
        assert await store.silences.end(made.id, "Ольга", make.noon + HOUR)
        assert not await store.silences.end(made.id, "Ольга", make.noon + HOUR)
        assert not await store.silences.end(SilenceId(99), "Ольга", make.noon)
        assert (await store.silences.add(later)).id not in {made.id, other.id}

    asyncio.run(scenario())


def test_what_is_held_waits_for_no_digest_until_one_counts_it(store, make, silence):
    async def scenario():
        made = await store.silences.add(silence)
        done, moved, seqs = await hold(store, make, made, "a", "b")
        assert done
        fresh = await make.subscribe(store, "now")
        assert (await store.digests.list_pending(replace(fresh, cursor=0))).records == []
        assert await store.silences.count_held() == {made.id: 2}
        assert await store.silences.list_held("desk@example.org") == []
        held = await store.silences.list_held(SAMI)
        assert [(one.seq, one.story) for one in held] == [(seqs[0], "a"), (seqs[1], "b")]

        record = make.digest(moved, "monday")
        assert await store.digests.commit_digest(replace(record, counted=tuple(seqs)))
        assert await store.silences.list_held(SAMI) == []
        sent = await store.sent.read_digest(record.digest.id)
        assert [(one.silence, one.stories) for one in sent.silenced] == [(made, 2)]
        assert sent.stories == ()
        parts = [Part(message=replace(record.parts[0].message, id="smaller"), stories=0)]
        assert await store.sent.replace_message(record.digest.id, sent, parts, make.noon)
        assert (await store.sent.read_digest("smaller")).silenced == sent.silenced

        again = make.digest(record.subscription, "tuesday", at=make.noon + HOUR)
        assert not await store.digests.commit_digest(replace(again, counted=tuple(seqs)))
        assert [one.message.id for one in await store.outbox.list_entries([OutboxState.PENDING])] == ["smaller"]

    asyncio.run(scenario())


def test_a_match_is_never_both_held_and_reported(store, make, silence):
    async def scenario():
        made = await store.silences.add(silence)
        other = await make.subscribe(store, "now")
        done, _, seqs = await hold(store, make, made, "a")
        records = await store.digests.read_matches(seqs)
        assert done
        assert not await store.digests.commit_digest(make.digest(other, "at once", *records))
        held = (HeldMatch(seq=seqs[0], silence=made.id),)
        nothing = replace(make.digest(other, "none"), digest=None, parts=())
        assert not await store.digests.commit_digest(replace(nothing, held=held))

    asyncio.run(scenario())


def test_the_entities_of_matches_are_found(store, make):
    async def scenario():
        evidence = Evidence(
            entity=EntityId("путин"), term="x", field=Zone.HEADLINE, start=0, end=5, text="x", tier=Tier.EXACT, score=9
        )
        await store.polls.commit_poll(
            make.poll("a", "b", matches=(make.match("a", evidence=(evidence,)), make.match("b")))
        )
        wanted = {EntityId("путин"), EntityId("other")}
        assert await store.silences.find_entities([1, 2, 3], wanted) == {1: frozenset({"путин"})}

    asyncio.run(scenario())


def test_retention_keeps_what_is_held_as_long_as_somebody_is_to_be_told(store, make, silence):
    keeping = Retention(matches=timedelta(days=1))

    async def scenario():
        made = await store.silences.add(silence)
        await hold(store, make, made, "a")
        await store.polls.commit_poll(make.poll("newest"))
        late = make.noon + timedelta(days=40)
        assert "matches" not in await store.archive.prune(keeping, late)
        assert len(await store.silences.list_held(SAMI)) == 1
        await store.digests.subscribe([("other", "desk@example.org")], late)  # sami's left the configuration
        pruned = await store.archive.prune(keeping, late)
        assert (pruned["matches"], pruned["silences"]) == (1, 1)

    asyncio.run(scenario())
