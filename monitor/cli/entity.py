"""The commands entity suggest, variants and import: names to check and paste into a rule file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import find_options
from monitor.cli.output import count, say, write, write_json
from monitor.errors import UsageError
from monitor.model import EntityId
from monitor.names.model import EntityKind
from monitor.text.suggest import LANGUAGES, Proposal, propose

group = typer.Typer(no_args_is_help=True, help="Help with writing entities.", rich_markup_mode=None)
DOUBT = (
    "These spellings are guesses. Keep those that you can check, and look up the others in the news. "
    "The percentage says how often such a spelling was right for the leaders of the shipped packs."
)


@group.command()
def suggest(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A full name in Latin letters.")],
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--language",
            help=f"One of {', '.join(LANGUAGES)}; can be given several times. Default: all.",
            metavar="LANG",
        ),
    ] = None,
    number: Annotated[
        int, typer.Option("--number", min=1, max=20, help="The number of proposals for each language.")
    ] = 3,
) -> None:
    """Propose spellings of a name in other scripts, best first. Only what you paste into a rule file is matched."""
    try:
        found = {language: propose(name, language, number) for language in languages or LANGUAGES}
    except ValueError as error:
        raise UsageError(str(error)) from error
    if find_options(context).json:
        write_json({"name": name, "names": found})
        return
    for entity, pack in _find_shipped(name):
        say(f"The shipped pack {pack} has this name: write packs: [{pack}] in marsad.yaml and use the id {entity}.")
    say(DOUBT)
    for line in _write_yaml(name, found):
        write(line)


@group.command()
def variants(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of an organisation, as you write it.")],
    number: Annotated[
        int, typer.Option("--number", min=0, max=400, help="The most spellings that no article has.")
    ] = 12,
) -> None:
    """Propose other spellings of a name that it does not find by itself, with how many articles have each."""
    from monitor.cli.variants import choose, find_variants

    options = find_options(context)
    found = choose(find_variants(name, options), number)
    if options.json:
        write_json({"name": name, "variants": found})
        return
    say("Keep the spellings that you know. Those that the name finds by itself are left out.")
    write("names:")
    write(f"  - {_quote(name)}")
    for variant in found:
        held = "" if variant.articles is None else f"  # {count(variant.articles, 'article')}"
        write(f"  - {_quote(variant.text)}{held}")


@group.command("import")
def import_wikidata(
    path: Annotated[Path, typer.Argument(help="A saved result of query.wikidata.org, as JSON.", metavar="FILE.json")],
    kind: Annotated[EntityKind, typer.Option("--kind", help="What the items are.")] = EntityKind.LEADER,
    languages: Annotated[
        list[str] | None,
        typer.Option("--language", help="A language to take names in; may repeat. Default: all.", metavar="LANG"),
    ] = None,
) -> None:
    """Print a rule file made of a Wikidata query result: one entity for each item, with its names by language."""
    from monitor.settings.values import Wrong, take_language
    from monitor.settings.wikidata import read_result, write_rules

    try:
        content = path.read_bytes()
        wanted = [take_language(language) for language in languages or ()]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except Wrong as error:
        raise UsageError(f"--language: {error.what}, expected {error.expected}") from error
    result = read_result(content, wanted)
    for reason in result.left_out:
        say(f"left out: {reason}")
    for line in write_rules(result.items, kind, datetime.now(UTC).date()):
        write(line)
    say(f"{count(len(result.items), 'entity', 'entities')}; names are as Wikidata has them: run marsad check on them")


def _find_shipped(name: str) -> list[tuple[EntityId, str | None]]:
    """The entities of the shipped watch-lists that have this name among theirs, each with its pack."""
    from monitor.names.compile import list_entity_names
    from monitor.packaged import find_share
    from monitor.settings.files import make_pack_finder
    from monitor.settings.load import load_rules
    from monitor.text.normalize import fold

    packs = find_share("rules")
    watchlist, _ = load_rules(sorted(packs.glob("*.yaml")), packs=packs)
    entities = watchlist.entities.values() if watchlist else ()
    find_pack = make_pack_finder(packs, ())
    return [(each.id, find_pack(each.id)) for each in entities if fold(name) in map(fold, list_entity_names(each))]


def _write_yaml(name: str, found: dict[str, tuple[Proposal, ...]]) -> list[str]:
    lines = ["names:", f"  en: [{_quote(name)}]"]
    for language, proposals in found.items():
        if not proposals:
            continue
        best, *others = proposals
        doubt = f"  # {_describe(best)}" + "".join(f"; {other.text} {_describe(other)}" for other in others)
        lines.append(f"  {language}: [{_quote(best.text)}]{doubt}")
    return lines


def _describe(proposal: Proposal) -> str:
    return f"{proposal.share}%, known" if proposal.is_known else f"{proposal.share}%"


def _quote(text: str) -> str:
    """YAML needs quotes around what holds an apostrophe or another sign."""
    return text if text.replace(" ", "").replace("-", "").isalpha() else '"' + text.replace('"', "") + '"'
