"""Nodes against a shape: what pydantic refuses, said in the words of the file, at its line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from monitor.model import Problem
from monitor.settings.fields import FORMS, MAPPING, Shape
from monitor.settings.values import NotText, Wrong
from monitor.settings.yaml.document import Document, Mapping, Node, Scalar, Sequence, to_data
from monitor.settings.yaml.nodes import Place, find_node, make_problem, name_node
from monitor.text.quoting import quote, suggest_near

PATTERN_KEYS = frozenset({"regex", "regexp", "re", "pattern", "glob", "wildcard"})
PLAIN = "names are plain text and are found in every inflected form: list the spellings, or use {text: …}"
COLON_HINT = "a text with a colon is written in quotes"
S = TypeVar("S", bound=Shape)


def validate(shape: type[S], document: Document, place: Place = ()) -> tuple[S | None, list[Problem]]:
    """The part of the document at `place` as `shape`, or every reason why it is not."""
    node = find_node(document.root, place)
    data = drop_empty(to_data(node)) if not place else to_data(node)
    seen: dict[int, type[Shape]] = {}
    try:
        return shape.model_validate({} if data is None else data, context=seen), []
    except ValidationError as error:
        explainer = _Explainer(document, place, data, seen)
        problems = [explainer.explain(one) for one in error.errors(include_url=False) if not explainer.is_echo(one)]
        return None, drop_echoes(problems)


def drop_empty(data: Any) -> Any:
    """A file's sections without those that hold nothing (`rules:` with every line below it commented out)."""
    return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def drop_echoes(problems: list[Problem]) -> list[Problem]:
    """Without what is "missing" from a mapping that should have been a text."""
    slips = {problem.path for problem in problems if problem.hint.startswith(COLON_HINT)}
    return [problem for problem in problems if problem.path not in slips or problem.hint.startswith(COLON_HINT)]


@dataclass(frozen=True, slots=True)
class _Explainer:
    """One refused part of a document; `seen` says which mapping was read as which shape."""

    document: Document
    place: Place
    data: Any
    seen: dict[int, type[Shape]]

    def is_echo(self, error: Any) -> bool:
        """Whether a list counts as empty only because pydantic refused its items, as it says elsewhere."""
        node = find_node(self.document.root, self.place + self._follow(error["loc"]))
        return error["type"] == "too_short" and isinstance(node, Sequence) and bool(node.items)

    def explain(self, error: Any) -> Problem:
        loc = self._follow(error["loc"])
        place = self.place + loc
        cause = error.get("ctx", {}).get("error")
        if error["type"] == "extra_forbidden":
            return self._explain_unknown(place, error["loc"])
        if error["type"] == "missing":
            what = f"{quote(str(error['loc'][-1]))} is missing"
            return make_problem(self.document, self.place + loc[:-1] if loc[-1:] == error["loc"][-1:] else place, what)
        if isinstance(cause, NotText):
            return self._explain_form(place, cause.expected)
        if isinstance(cause, Wrong):
            is_key = error["loc"][-1:] == ("[key]",)
            return make_problem(
                self.document, place, cause.what, expected=cause.expected, hint=cause.hint, at_key=is_key
            )
        return self._explain_native(place, error)

    def _follow(self, loc: tuple[Any, ...]) -> Place:
        """The place in the file of a place in a shape: the forms of a value and the mark of a key left out."""
        return tuple(part for part in loc if part not in FORMS and part != "[key]")

    def _explain_unknown(self, place: Place, loc: tuple[Any, ...]) -> Problem:
        key = str(place[-1])
        parent = find_node(self.document.root, place[:-1])
        data = self.data
        for part in place[len(self.place) : -1]:
            data = data[part]
        keys = self.seen[id(data)].list_keys()
        if key.casefold() in PATTERN_KEYS:
            return make_problem(
                self.document, place, f"patterns ({quote(key)}) are not supported", hint=PLAIN, at_key=True
            )
        near = suggest_near(key, keys)
        is_prose = not (key.islower() and key.isidentifier() and key.isascii())
        if (is_prose or not near) and loc[-2:-1] == (MAPPING,) and is_colon_slip(parent):
            return self._explain_form(place[:-1], "a text")
        hint = near or f"the keys here are {', '.join(keys)}"
        return make_problem(self.document, place, f"unknown key {quote(key)}", hint=hint, at_key=True)

    def _explain_form(self, place: Place, expected: str) -> Problem:
        node = find_node(self.document.root, place)
        return make_problem(self.document, place, name_node(node), expected=expected, hint=hint_form(node, expected))

    def _explain_native(self, place: Place, error: Any) -> Problem:
        """What pydantic itself refuses: a list or mapping that is none, an unknown word, a number out of range."""
        node = find_node(self.document.root, place)
        kind = error["type"]
        if kind in {"enum", "literal_error"} and isinstance(node, Scalar) and node.kind == "text":
            words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            expected = f"one of {', '.join(words)}"
            return make_problem(
                self.document,
                place,
                f"unknown value {quote(node.text)}",
                expected=expected,
                hint=suggest_near(node.text, words),
            )
        if kind == "too_short":
            return make_problem(self.document, place, "an empty list", expected="at least one item")
        expected = _EXPECTED.get(kind) or error["msg"].removeprefix("Input should be ")
        hint = hint_form(node, expected)
        if kind == "tuple_type" and isinstance(node, Scalar) and node.kind == "text":
            hint = hint or hint_list(node.text)
        return make_problem(self.document, place, name_node(node), expected=expected, hint=hint)


_EXPECTED = {
    "tuple_type": "a list",
    "dict_type": "a mapping (keys with values)",
    "model_type": "a mapping (keys with values)",
    "model_attributes_type": "a mapping (keys with values)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
}


def hint_list(text: str) -> str:
    """How a text becomes a list: hyphens without a blank behind them are part of the text."""
    if re.match(r"-\S", text):
        return f"put a space after each hyphen: - {text.split(maxsplit=1)[0].removeprefix('-')}"
    return f"write it as a list: [{text}]"


def is_colon_slip(node: Node | None) -> bool:
    """Whether a mapping looks like a text with a colon in it: `- Note: something`."""
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return False
    ((key, entry),) = node.entries.items()
    return isinstance(entry.value, Scalar) and (" " in key or entry.value.kind == "text")


def hint_form(node: Node | None, expected: str = "") -> str:
    """What the user probably meant by a value of the wrong form."""
    if isinstance(node, Mapping) and is_colon_slip(node):
        ((key, entry),) = node.entries.items()
        text = entry.value.text if isinstance(entry.value, Scalar) else ""
        return f'{COLON_HINT}: "{key}: {text}"'
    if not isinstance(node, Scalar) or not node.text:
        return ""
    if node.kind == "text":
        return "write : and a space, not the full-width ：" if "：" in node.text else ""
    return f'if it is a text, write it in quotes: "{node.text}"' if expected in _TEXTS else ""


_TEXTS = {"a name", "an id", "a text"}
