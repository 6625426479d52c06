"""Which awaited page is read next: fair to sources and hosts, and none of a host that does not answer. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from urllib.parse import urlsplit

from monitor.model import ArticleId, DuePage, SourceId

# A page that hangs holds its place for 30 s, its site's robots.txt for 30 s more.
PAGES_AT_ONCE = 16
FROM_ONE_SOURCE = 4  # and one from each host
# So many pages of a host in a row without an answer, and its others wait; so many hosts, and the source's others do.
FAILURES_OF_HOST, HOSTS_OF_SOURCE = 3, 6
RESTS = tuple(timedelta(minutes=minutes).total_seconds() for minutes in (5, 15, 60))
REMEMBERED = 10_000  # hosts and sources with failures


@dataclass(frozen=True, slots=True)
class Lane:
    """The pages of one source at one host."""

    source: SourceId
    host: str


def find_lane(source: SourceId, url: str | None) -> Lane:
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:  # the reader says what is wrong with it
        host = ""
    return Lane(source, host.removesuffix("."))


class PageQueue:
    """The pages that wait, and those under way. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.rests = Rests()
        self._lanes: dict[Lane, list[DuePage]] = {}  # the next page of each last
        self._urgent: Collection[ArticleId] = ()
        self._busy: dict[ArticleId, Lane] = {}
        self._under_way: Counter[SourceId] = Counter()
        self._turns: defaultdict[SourceId | Lane, int] = defaultdict(int)  # when each had its last turn
        self._turn = 0

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def fill(self, due: Sequence[DuePage], urgent: Collection[ArticleId]) -> None:
        """Replace what waits. In each lane urgent pages come first, the newest of them first; then who waits longest.

        What became due together goes newest first too. `due` has the newest of each source first.
        """
        lanes: defaultdict[Lane, list[DuePage]] = defaultdict(list)
        for page in due:
            if page.article not in self._busy:
                lanes[find_lane(page.source, page.url)].append(page)
        for lane, pages in lanes.items():
            first = [page for page in pages if page.article in urgent]
            then = sorted((page for page in pages if page.article not in urgent), key=attrgetter("due_at"))
            lanes[lane] = [*first, *then][::-1]
        self._lanes, self._urgent = dict(lanes), urgent
        known = {part for lane in [*lanes, *self._busy.values()] for part in (lane, lane.source)}
        for gone in self._turns.keys() - known:
            del self._turns[gone]
        self._under_way = +self._under_way

    def has_turn(self, now: float) -> bool:
        """Whether a page could begin if a place were free."""
        return next(self._list_open(now), None) is not None

    def take(self, now: float) -> DuePage | None:
        """The page to begin now, None when it is nobody's turn. `leave` is to follow."""
        if len(self._busy) >= PAGES_AT_ONCE:
            return None
        lane = min(self._list_open(now), key=self._rank, default=None)
        if lane is None:
            return None
        page = self._lanes[lane].pop()
        if not self._lanes[lane]:
            del self._lanes[lane]
        self._turn += 1
        self._turns[lane] = self._turns[lane.source] = self._turn
        self._busy[page.article] = lane
        self._under_way[lane.source] += 1
        return page

    def leave(self, page: DuePage) -> None:
        self._under_way[self._busy.pop(page.article).source] -= 1

    def count_waiting(self, lane: Lane) -> int:
        """How many pages wait at this host or of this source."""
        lanes = self._lanes.items()
        return sum(len(pages) for one, pages in lanes if one.host == lane.host or one.source == lane.source)

    def list_late(self, before: datetime, now: float) -> list[ArticleId]:
        """Pages that nobody has touched since `before`, and that wait for a host or source at rest."""
        resting = (pages for lane, pages in self._lanes.items() if self.rests.find_wait(lane, now))
        return [page.article for pages in resting for page in pages if page.touched_at < before]

    def _list_open(self, now: float) -> Iterator[Lane]:
        hosts = {lane.host for lane in self._busy.values()}
        for lane in self._lanes:
            has_place = lane.host not in hosts and self._under_way[lane.source] < FROM_ONE_SOURCE
            if has_place and not self.rests.find_wait(lane, now):
                yield lane

    def _rank(self, lane: Lane) -> tuple[int, bool, int, int]:
        is_urgent = self._lanes[lane][-1].article in self._urgent
        return self._under_way[lane.source], not is_urgent, self._turns[lane.source], self._turns[lane]


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    rests: int = 0
    until: float = 0.0


class Rests:
    """Hosts, and sources, of which page after page was not to be had; their other pages wait, ever longer."""

    def __init__(self) -> None:
        self._troubles: dict[str, _Trouble] = {}

    def note_failure(self, lane: Lane, now: float) -> str | None:
        """No answer. "host H" or "source S" where its other pages wait from now on.

        Of a source the hosts count, so that one that is down does not hold up the source's pages elsewhere.
        """
        host, source = _list_names(lane)
        resting = self._count(host, FAILURES_OF_HOST, now)
        if self._troubles[host].failures == 1:
            resting = self._count(source, HOSTS_OF_SOURCE, now) or resting
        self._tidy(now)
        return resting

    def _count(self, name: str, limit: int, now: float) -> str | None:
        trouble = self._troubles.setdefault(name, _Trouble())
        trouble.failures += 1
        if trouble.failures < limit or trouble.until > now:
            return None
        trouble.until = now + RESTS[min(trouble.rests, len(RESTS) - 1)]
        trouble.rests += 1
        return name

    def note_answer(self, lane: Lane) -> None:
        for name in _list_names(lane):
            self._troubles.pop(name, None)

    def hold(self, lane: Lane, until: float) -> None:
        """The host asked to be left alone."""
        trouble = self._troubles.setdefault(_list_names(lane)[0], _Trouble())
        trouble.until = max(trouble.until, until)

    def find_wait(self, lane: Lane, now: float) -> float:
        """For how many more seconds the lane's pages wait."""
        found = (self._troubles.get(name) for name in _list_names(lane))
        return max((trouble.until - now for trouble in found if trouble and trouble.until > now), default=0.0)

    def _tidy(self, now: float) -> None:
        if len(self._troubles) > REMEMBERED:
            self._troubles = {name: one for name, one in self._troubles.items() if one.until > now}


def _list_names(lane: Lane) -> tuple[str, str]:
    """What its host and its source are called."""
    return f"host {lane.host}", f"source {lane.source}"
