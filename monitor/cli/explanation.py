"""Prints an explanation as a tree for a terminal: each part of a rule with a tick or a cross, and what shows it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from monitor.cli.output import count
from monitor.digests.clean import clean_line
from monitor.digests.excerpt import Part, mark
from monitor.model import Article, Evidence, Zone
from monitor.names.near_misses import NearMiss
from monitor.queries.steps import Outcome, Stage, Step
from monitor.rules.explain import Explanation, Node
from monitor.text.quoting import FSI, PDI, isolate_rtl

NARROW = 80  # columns, where the output is piped
PLACES = 3  # of one name that are shown
FEW = 6  # conditions of a group that are shown though nothing is like them
AROUND = 16  # characters before and after a name
TICK, CROSS = Text("✓", "bold green"), Text("✗", "bold red")
RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc][^\x00-\x1f!-~\u2066-\u2069]*")
OF_ARTICLE = frozenset({Stage.ARTICLE, Stage.BASELINE, Stage.PAGE})
CALM = frozenset({Outcome.DONE, Outcome.FORESEEN, Outcome.REPEATED, Outcome.COPY})


def open_console() -> Console:
    """For a terminal as wide as it is; piped, for any."""
    return Console(width=None if sys.stdout.isatty() else NARROW, highlight=False, soft_wrap=False)


def print_article(article: Article, language: str | None, steps: Sequence[Step]) -> None:
    """Which article it is, its language as the rules see it, and what happened to it whatever the rule."""
    console = open_console()
    about = [article.id, f"source {article.source}", f"language {language or 'unknown'}"]
    console.print(Text(" · ".join(about), "dim"))
    console.print(Text(isolate_rtl(clean_line(article.headline) or "(no headline)"), "bold"))
    if article.url:
        console.print(Text(article.url, "dim"), overflow="fold")
    _print_steps(console, [step for step in steps if step.stage in OF_ARTICLE])


def print_explanation(article: Article, explanation: Explanation, steps: Sequence[Step]) -> None:
    """The rule as a tree, and under it what happened because of it."""
    console = open_console()
    console.print()
    console.print(_draw_rule(article, explanation, is_plain=not console.is_terminal))
    _print_steps(console, [step for step in steps if step.stage not in OF_ARTICLE])


def _print_steps(console: Console, steps: Sequence[Step]) -> None:
    table = Table.grid(padding=(0, 1))
    for step in steps:
        table.add_row("", *_write_step(step))
    if steps:
        console.print(table)


def print_others(explanations: Sequence[Explanation]) -> None:
    """One line each for rules of which something is there, and the names of all others."""
    console = open_console()
    near = [one for one in explanations if one.nearness]
    if near:
        console.print()
    for one in near:
        line = Text.assemble(CROSS, " ", one.rule, f": {one.nearness} of 100 is there; ", _find_reason(one))
        console.print(_isolate_runs(line))
    rest = [str(one.rule) for one in explanations if not one.nearness]
    if rest:
        console.print()
        console.print(Text(f"{count(len(rest), 'rule')} of which nothing is there: {', '.join(rest)}", "dim"))


def _find_reason(explanation: Explanation) -> str:
    """The first thing that is missing."""
    nodes = [*explanation.limits, *_list_nodes(explanation.tree)]
    return next((_write_reason(node) for node in nodes if not node.holds and node.reason), "nothing shows why")


def _list_nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        if not part.holds:
            yield from _list_nodes(part)


def _write_reason(node: Node) -> str:
    return f"{node.what}: {node.reason}" if node.kind in {"languages", "sources", "within"} else node.reason


def _draw_rule(article: Article, explanation: Explanation, *, is_plain: bool) -> Tree:
    score = f", score {explanation.score}" if explanation.fires else ""
    verb = "fires" if explanation.fires else "does not fire"
    label = _begin(explanation.fires)
    label.append(f"rule {explanation.rule} {verb}{score}", "bold").append(f": {isolate_rtl(explanation.title)}")
    tree = Tree(label, guide_style="dim")
    for node in (*_open_root(explanation.tree), *explanation.limits):
        _draw(tree, node, article, is_plain=is_plain)
    return tree


def _open_root(root: Node) -> Sequence[Node]:
    """What stands under a rule: its conditions. An `all`, and a list of one condition, need no line of their own."""
    while root.kind in {"all", "any"} and len(root.parts) == 1:
        root = root.parts[0]
    return root.parts if root.kind == "all" and root.parts else (root,)


def _begin(holds: bool) -> Text:
    return Text.assemble(TICK if holds else CROSS, " ")


def _draw(tree: Tree, node: Node, article: Article, *, is_plain: bool) -> None:
    branch = tree.add(_isolate_runs(_write_label(node)))
    for one in node.evidence[:PLACES]:
        branch.add(_write_evidence(article, one, is_plain=is_plain))
    if len(node.evidence) > PLACES:
        branch.add(Text(f"and {count(len(node.evidence) - PLACES, 'more place')}", "dim"))
    for miss in node.near_misses:
        branch.add(_write_miss(article, miss, is_plain=is_plain))
    shown, rest = _choose_parts(node)
    for part in shown:
        _draw(branch, part, article, is_plain=is_plain)
    if rest:
        names = ", ".join(part.what for part in rest[:FEW])
        more = ", …" if len(rest) > FEW else ""
        branch.add(Text.assemble(CROSS, " ", f"{len(rest)} others are not there: {names}{more}", style="dim"))


def _write_label(node: Node) -> Text:
    """Tick or cross, weight, what is asked for, and why it is not there or how far apart it stands."""
    label = _begin(node.holds)
    if node.weight is not None:
        label.append(f"{node.weight:+d} ", "dim")
    label.append(node.what)
    if node.reason and not _says_nothing(node):
        label.append(f": {node.reason}", "" if node.holds else "red")
    if node.kind == "near" and node.distance is not None:
        label.append(f" (at the closest within {count(node.distance, 'word')})")
    return label


def _says_nothing(node: Node) -> bool:
    """Whether the reason is that of a cross alone."""
    return node.reason == f"{node.what} is not there"


def _choose_parts(node: Node) -> tuple[Sequence[Node], Sequence[Node]]:
    """Of a long group only what is there or nearly is; and all others."""
    told = [part for part in node.parts if part.holds or part.near_misses or part.parts or not _says_nothing(part)]
    rest = [part for part in node.parts if part not in told]
    return (node.parts, ()) if len(rest) <= FEW // 2 else (told, rest)


def _write_evidence(article: Article, one: Evidence, *, is_plain: bool) -> Text:
    text = Text().append(f"{one.tier} {one.score}, {one.field}: ", "green")
    if one.term.casefold() != one.text.casefold():
        text.append(f"{isolate_rtl(one.term)} in ", "dim")
    return text.append_text(_write_excerpt(article, one.field, one.start, one.end, is_plain=is_plain))


def _write_miss(article: Article, miss: NearMiss, *, is_plain: bool) -> Text:
    text = Text().append(f"{miss.likeness} of 100 like {isolate_rtl(miss.term)}, {miss.field}: ", "yellow")
    text.append_text(_write_excerpt(article, miss.field, miss.start, miss.end, is_plain=is_plain))
    return text.append_text(_isolate_runs(Text(f"\nrefused: {miss.held.why}", "yellow")))


def _write_excerpt(article: Article, zone: Zone, start: int, end: int, *, is_plain: bool) -> Text:
    """Some words around a name, in their own direction, with the name marked."""
    text = article.text(zone)
    left, right = max(0, start - AROUND), min(len(text), end + AROUND)
    left = text.find(" ", left, start) + 1 or left if left else 0
    right = max(text.rfind(" ", end, right), end) if right < len(text) and " " in text[end:right] else right
    parts = mark(text, [(start, end)], left, right)
    before, after = "…" * (left > 0), "…" * (right < len(text))
    found = Text().append(FSI + before, "dim")
    for part in parts:
        found.append_text(_write_part(part, is_plain=is_plain))
    return found.append(after + PDI, "dim")


def _write_part(part: Part, *, is_plain: bool) -> Text:
    one_line = re.sub(r"\s+", " ", part.text)
    if not part.marked:
        return Text(one_line)
    return Text(f"[{one_line}]") if is_plain else Text(one_line, "bold reverse")


def _isolate_runs(text: Text) -> Text:
    """With right-to-left words between isolates, wherever a message has them."""
    for match in reversed(list(RTL.finditer(text.plain))):
        end = match.start() + len(match[0].rstrip())
        inside = text.plain[match.start() - 1 : match.start()] == FSI
        if not inside:
            text = Text.assemble(text[: match.start()], FSI, text[match.start() : end], PDI, text[end:])
    return text


def _write_step(step: Step) -> tuple[Text, Text]:
    """When, and what."""
    whose = "".join([f" {step.digest}" if step.digest else "", f" for {step.recipient}" if step.recipient else "", ":"])
    line = Text.assemble((f"{step.stage}{whose} ", "bold"), (step.text, "" if step.outcome in CALM else "yellow"))
    return Text(f"{step.at:%Y-%m-%d %H:%M}Z" if step.at else "", "dim", no_wrap=True), _isolate_runs(line)
