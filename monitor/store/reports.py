"""What each recipient was told of each story, written with the digest that tells it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from monitor.model import Digest, DigestId
from monitor.model.story import Standing, StoryId, StoryReport
from monitor.store.inserts import split_values, upsert
from monitor.store.tables import story_aliases, story_reports

# Built once: building costs more than running them.
_LIST_ALIASES = select(story_aliases).where(story_aliases.c.story.in_(bindparam("ids", expanding=True)))
_LIST_REPORTS = (
    select(story_reports)
    .where(
        and_(
            story_reports.c.recipient == bindparam("ledger"),
            story_reports.c.story.in_(bindparam("ids", expanding=True)),
        )
    )
    .order_by(story_reports.c.at)
)


def list_reports(
    connection: Connection,
    ledger: str,
    wanted: Collection[StoryId],
    without: Collection[tuple[DigestId, StoryId]] = (),
) -> dict[StoryId, StoryReport]:
    reports: dict[StoryId, StoryReport] = {}
    for part in split_values(sorted(wanted)):
        real = {str(one): str(one) for one in part}
        real |= {row.alias: row.story for row in connection.execute(_LIST_ALIASES, {"ids": part})}
        for ids in split_values(sorted(real)):
            for row in connection.execute(_LIST_REPORTS, {"ledger": ledger, "ids": ids}).mappings():
                if (row["digest"], row["story"]) in without:
                    continue
                report = decode_report(row, StoryId(real[row["story"]]))
                reports[report.story] = _join(reports.get(report.story), report)
    return reports


def _join(before: StoryReport | None, report: StoryReport) -> StoryReport:
    """A later report says all that an earlier one does, but for those of stories that were two then."""
    if before is None:
        return report
    return replace(
        report,
        revision=max(before.revision, report.revision),
        outlets=before.outlets | report.outlets,
        rules=before.rules | report.rules,
    )


def decode_report(row: Mapping[Any, Any], story: StoryId) -> StoryReport:
    return StoryReport(
        story=story,
        revision=row["revision"],
        at=row["at"],
        standing=Standing(row["standing"]),
        outlets=frozenset(row["outlets"]),
        rules=frozenset(row["rules"]),
        before=row["before"],
    )


def write_reports(connection: Connection, digest: Digest, ledger: str) -> None:
    """What the digest tells of its stories; a story of which it has several parts is told once."""
    rows = {
        story.id: {**_encode_report(digest, story.report), "recipient": ledger}
        for story in digest.stories
        if story.report is not None
    }
    upsert(connection, story_reports, list(rows.values()), on=("recipient", "story", "revision"))


def has_news_of_others(connection: Connection, digest: Digest, ledger: str) -> bool:
    """Whether another digest with the same ledger told of a story since this one took it for new."""
    new = {story.id for story in digest.stories if story.report is not None and story.standing is Standing.NEW}
    return bool(list_reports(connection, ledger, new))


def read_told(connection: Connection, digest: DigestId) -> dict[StoryId, StoryReport]:
    """The reports that a digest made."""
    rows = connection.execute(select(story_reports).where(story_reports.c.digest == digest)).mappings()
    return {StoryId(row["story"]): decode_report(row, StoryId(row["story"])) for row in rows}


def _encode_report(digest: Digest, report: StoryReport) -> dict[str, Any]:
    return {
        "story": report.story,
        "revision": report.revision,
        "digest": digest.id,
        "at": report.at,
        "standing": report.standing.value,
        "outlets": sorted(report.outlets),
        "rules": sorted(report.rules),
        "before": report.before,
    }
