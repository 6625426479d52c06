"""How soon a spike is found, how many are missed, and how often there is a false alarm.

    python benchmarks/signals.py [--series 6] [--days 90]

Simulated articles per hour of ten sources, with a profile of the day and of the week: Poisson, or bursty (as many
again come in bursts of up to eight articles within an hour, and days differ), with and without outages (a source is
silent for one to three days and then lists what it missed at once). In each series, from a known hour on, there are
several times as many articles for two days. Every hour, in the same run, three methods judge the same articles:
Marsad's, a plain z-score, and a simple early aberration detection of the kind that epitweetr describes: the last 24
hours against the prediction interval of the seven days before, of which those that stood out have less weight. A
detection ends when it has not been repeated for 24 hours. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from monitor.model import SourceId
from monitor.model.signal import SpikeSetting
from monitor.signals.detect import History, judge_spike
from monitor.signals.series import Observed

SEED, SOURCES, DAY = 7, 10, 24  # the numbers of monitor/signals were chosen on series of another seed
RATES = (2, 6, 20, 60)  # articles a day
SIZES = (3, 5, 10)  # times as many
LASTS, WARM = 48, 22 * DAY  # hours of a spike; hours before anything is judged
EVERY = 13 * DAY  # between onsets
KINDS = ("poisson", "bursty", "outages")
NAMES = [SourceId(f"source-{number}") for number in range(SOURCES)]
WINDOW = 16 * DAY
Z, ALPHA_T = 3.0, 2.447  # of a normal distribution; Student's t with six degrees of freedom, one-sided 2.5 %


@dataclass
class Simulated:
    counts: Any  # sources × hours
    onsets: list[tuple[int, int]]  # hour, size
    total: Any = None  # articles of all sources before each hour
    downs: dict[SourceId, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))


def simulate(dice: np.random.Generator, kind: str, rate: float, days: int) -> Simulated:
    hours = np.arange(days * DAY)
    profile = (1 + 0.8 * np.sin((hours % DAY - 8) / DAY * 2 * np.pi)) * np.where(hours // DAY % 7 >= 5, 0.55, 1.18)
    shares = dice.dirichlet(np.full(SOURCES, 2.0))
    mean = rate / DAY * profile[None, :] * shares[:, None]
    if kind == "bursty":
        mean = mean * np.repeat(dice.gamma(6, 1 / 6, days), DAY)[None, :] / 2
    onsets = []
    for number, onset in enumerate(range(WARM + 3 * DAY, (days - 4) * DAY, EVERY)):
        at, size = int(onset + dice.integers(0, 2 * DAY)), SIZES[number % len(SIZES)]
        mean[:, at : at + LASTS] *= size
        onsets.append((at, size))
    counts = dice.poisson(mean)
    if kind == "bursty":
        bursts = dice.poisson(mean.sum(axis=0) / 4.5)
        for hour in np.flatnonzero(bursts):
            for _ in range(bursts[hour]):
                np.add.at(counts[:, hour], dice.integers(0, SOURCES, dice.integers(1, 9)), 1)
    made = Simulated(counts=counts, onsets=onsets)
    if kind == "outages":
        break_sources(dice, made, days)
    return made


def break_sources(dice: np.random.Generator, made: Simulated, days: int) -> None:
    """Each source is down once a month on average; its backlog comes in the hour in which it is back."""
    for number, name in enumerate(NAMES):
        for begin in sorted(dice.integers(WARM, days * DAY, dice.poisson(days / 30))):
            end = min(int(begin + dice.integers(DAY, 3 * DAY)), days * DAY - 1)
            backlog = int(made.counts[number, begin:end].sum())
            made.counts[number, begin:end] = 0
            made.counts[number, end] += backlog
            made.downs[name].append((int(begin), end + 1))


def judge_ours(made: Simulated, hour: int) -> bool:
    begin = max(0, hour - WINDOW)
    counts = {
        name: {begin + int(at): int(row[at]) for at in np.flatnonzero(row)}
        for name, row in zip(NAMES, made.counts[:, begin : hour + 1], strict=True)
    }
    downs = {
        name: tuple((start, min(stop, hour + 1)) for start, stop in spans if start <= hour)
        for name, spans in made.downs.items()
    }
    observed = Observed(since=dict.fromkeys(NAMES, 0), downs=downs)
    return judge_spike(SpikeSetting(), History(hour=hour, since=0, counts=counts, observed=observed)).fires


def list_days(made: Simulated, hour: int, days: int) -> list[int]:
    """The last 24 hours, and those at the same time of so many days before."""
    total = made.total
    return [int(total[hour + 1] - total[hour + 1 - DAY])] + [
        int(total[hour + 1 - day * DAY] - total[hour + 1 - (day + 1) * DAY]) for day in range(1, days + 1)
    ]


def judge_z(made: Simulated, hour: int) -> bool:
    now, *before = list_days(made, hour, 14)
    return now > np.mean(before) + Z * max(float(np.std(before, ddof=1)), 1e-9) and now > 0


def judge_ears(made: Simulated, hour: int) -> bool:
    now, *before = list_days(made, hour, 7)
    past = np.array(before, dtype=float)
    weights = np.ones(len(past))
    for _ in range(2):  # what stood out counts less in the second pass
        mean = float(np.average(past, weights=weights))
        spread = math.sqrt(float(weights @ (past - mean) ** 2) / max(float(weights.sum()) - 1, 1))
        residuals = (past - mean) / max(spread, 1e-9)
        weights = np.where(residuals > 1, np.maximum(residuals, 1.0) ** -2.0, 1.0)
    return now > mean + ALPHA_T * spread * math.sqrt(1 + 1 / len(past)) and now > 0


METHODS: dict[str, Callable[[Simulated, int], bool]] = {
    "Marsad": judge_ours,
    "z-score": judge_z,
    "like epitweetr": judge_ears,
}


def list_episodes(fired: list[int]) -> Iterator[int]:
    """The first hour of each; one ends when nothing fired for 24 hours."""
    last = -DAY - 1
    for hour in fired:
        if hour - last > DAY:
            yield hour
        last = hour


@dataclass
class Tally:
    """Delays by size, onsets by size, false alarms, and the hours in which there could be one."""

    delays: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    onsets: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    false: int = 0
    hours: int = 0

    def add(self, made: Simulated, fired: list[int], hours: int) -> None:
        spans = [(at, at + LASTS + DAY) for at, _ in made.onsets]
        for at, size in made.onsets:
            self.onsets[size] += 1
            found = [hour for hour in fired if at <= hour < at + LASTS]
            if found:
                self.delays[size].append(found[0] - at)
        self.false += sum(all(not at <= hour < end for at, end in spans) for hour in list_episodes(fired))
        self.hours += hours - sum(end - at for at, end in spans)

    def sum_up(self) -> dict[str, Any]:
        return {
            "false_alarms_per_month": round(self.false / self.hours * 30 * DAY, 2),
            **{
                f"x{size}": {
                    "onsets": number,
                    "missed": number - len(self.delays[size]),
                    "delay_hours": median(self.delays[size]) if self.delays[size] else None,
                }
                for size, number in sorted(self.onsets.items())
            },
        }


def measure(series: int, days: int) -> dict[str, dict[str, dict[str, Any]]]:
    dice = np.random.default_rng(SEED)
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for kind in KINDS:
        for rate in RATES:
            for _ in range(series):
                made = simulate(dice, kind, rate, days)
                made.total = np.concatenate([[0], np.cumsum(made.counts.sum(axis=0))])
                for name, method in METHODS.items():
                    fired = [hour for hour in range(WARM, days * DAY) if method(made, hour)]
                    for key in (kind, f"{kind}, {rate} a day"):
                        tallies[key, name].add(made, fired, days * DAY - WARM)
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for (kind, name), tally in tallies.items():
        found[kind][name] = tally.sum_up()
    return found


def tell(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    sizes = "".join(f"{f'x{size}: missed, delay':>22}" for size in SIZES)
    print(f"{'articles':22}{'method':16}{'false/month':>12}{sizes}")
    for kind in sorted(found, key=lambda kind: (KINDS.index(kind.partition(",")[0]), len(kind), kind)):
        for name, one in found[kind].items():
            cells = [
                f"{one[key]['missed']}/{one[key]['onsets']}, {one[key]['delay_hours']} h" if key in one else ""
                for key in (f"x{size}" for size in SIZES)
            ]
            print(f"{kind:22}{name:16}{one['false_alarms_per_month']:>12}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=6, help="of each kind and rate")
    parser.add_argument("--days", type=int, default=90, help="of each series")
    arguments = parser.parse_args()
    measured = measure(arguments.series, arguments.days)
    tell(measured)
    print(json.dumps({"benchmark": "signals", "series": arguments.series, "days": arguments.days, **measured}))
