"""Warnings about what is allowed and cannot work: names that say too little alone, signals that reach nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.digests.build import is_signal_selected
from monitor.model import EntityId, Problem
from monitor.model.signal import SubjectKind
from monitor.names.model import EntityKind
from monitor.queries.signals import Asked, list_asked
from monitor.rules.lint import Watched, lint_names
from monitor.rules.model import MatchMode
from monitor.settings.model import Origin, Settings
from monitor.settings.problems import strip_edges
from monitor.settings.references import (
    IdIndex,
    RuleFile,
    get_language,
    list_condition_ids,
    list_names_in_force,
    read_text,
)
from monitor.settings.yaml.nodes import list_entries, list_texts, make_problem
from monitor.text.quoting import quote


def check_alone(files: Sequence[RuleFile], index: IdIndex) -> Iterator[Problem]:
    """What `rules.lint` says of every name under `names:` that is in force."""
    modes, kinds = _find_modes(files, index), _find_kinds(index)
    found = [
        (file, place, entity, text)
        for file in files
        for entity, _ in list_entries(file.document.root, "entities")
        if index.is_in_force(file, entity)
        for place, text in list_names_in_force(file, entity, index)
    ]
    watched = [
        Watched(
            entity=EntityId(entity),
            kind=kinds.get(entity, EntityKind.TOPIC),
            text=text,
            language=get_language(place),
            is_fuzzy=MatchMode.FUZZY in modes.get(entity, {MatchMode.FUZZY}),
        )
        for _, place, entity, text in found
    ]
    for advice in lint_names(watched):
        file, place, _, text = found[advice.index]
        what = f"the name {quote(text)} {advice.what}"
        yield make_problem(file.document, place, what, hint=advice.hint, is_error=False)


def _find_kinds(index: IdIndex) -> Mapping[str, EntityKind]:
    """The kind of each entity as its definition says it."""
    written = {
        entity: read_text(known.file.document.root, "entities", entity, "kind")
        for entity, known in index.ids.items()
        if known.kind == "entity"
    }
    return {entity: EntityKind(kind) for entity, kind in written.items() if kind in set(EntityKind)}


def _find_modes(files: Sequence[RuleFile], index: IdIndex) -> Mapping[str, set[str]]:
    """How the rules in force look for each entity that they name, themselves or in a group."""
    groups = {
        group: [strip_edges(member) for _, member in list_texts(file.document.root, "groups", group)]
        for file in files
        for group, _ in list_entries(file.document.root, "groups")
        if index.is_in_force(file, group)
    }
    modes: dict[str, set[str]] = {}
    for file in files:
        for rule, node in list_entries(file.document.root, "rules"):
            if index.is_in_force(file, rule):
                mode = read_text(node, "match") or MatchMode.FUZZY
                for _, named in list_condition_ids(node, ("rules", rule)):
                    for entity in groups.get(named, [named]):
                        modes.setdefault(entity, set()).add(mode)
    return modes


def check_signals(settings: Settings) -> Iterator[Problem]:
    """Warnings, each at the first key below `signals:`."""
    for asked in list_asked(settings.watchlist):
        if not asked.rules:
            what = f"no rule names the entity {quote(asked.subject.id)}, so it is not counted"
            yield _warn_of_signals(settings, asked, what, "write a rule that names it")
        elif settings.digests and not any(is_signal_selected(plan, asked.rules) for plan in settings.digests):
            what = f"no digest selects {', '.join(sorted(asked.rules))}, so these signals are reported to nobody"
            yield _warn_of_signals(settings, asked, what, "name the rule under `rules:` of a digest")


def _warn_of_signals(settings: Settings, asked: Asked, what: str, hint: str) -> Problem:
    section = "rules" if asked.subject.kind is SubjectKind.RULE else "entities"
    path = f"{section}.{asked.subject.id}.signals"
    origins = (origin for key, origin in settings.origins.items() if key.startswith(path))
    origin = next(origins, Origin(file=settings.directory, line=0))
    return Problem(
        file=origin.file, line=origin.line, column=1, path=path, what=what, expected="", hint=hint, is_error=False
    )
