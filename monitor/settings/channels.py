"""The options of a channel in YAML are the fields of `Options` in its module; a new channel needs nothing here.

A field `from_` is written `from`; a field of type Secret takes {credential: …}, {env: …} or {file: …}; a Path is made
absolute.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from monitor.model import ChannelName, Secret
from monitor.registry import CHANNELS, load_class
from monitor.settings.fields import PathText, Plain, SecretPlace, Shape
from monitor.settings.model import ChannelConfig

_FIELD_TYPES: dict[Any, Any] = {Secret: SecretPlace, Path: PathText, str: Plain}


def load_options(kind: str) -> Any:
    """The `Options` dataclass of a type of channel."""
    return load_class(CHANNELS[kind].split(":")[0] + ":Options")


@cache
def make_shape(kind: str) -> type[Shape]:
    """The keys that a channel of this type takes."""
    options = load_options(kind)
    hints = typing.get_type_hints(options)
    fields: dict[str, Any] = {"type": (Literal[kind], ...)}
    for field in dataclasses.fields(options):
        key = field.name.removesuffix("_")
        fields[field.name] = (Annotated[_translate(hints[field.name]), Field(alias=key)], _find_default(field))
    return create_model(f"{kind.title()}Shape", __base__=Shape, **fields)


def _translate(hint: Any) -> Any:
    """The same type with Marsad's own readings of text, paths and secrets in place of the plain ones."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.Union[tuple(map(_translate, typing.get_args(hint)))]  # noqa: UP007
    if typing.get_origin(hint) is dict:
        return dict[tuple(map(_translate, typing.get_args(hint)))]  # type: ignore[misc]
    return _FIELD_TYPES.get(hint, hint)


def _find_default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return ... if field.default_factory is dataclasses.MISSING else field.default_factory()


def make_channel(name: str, shape: Shape, directory: Path) -> ChannelConfig:
    """Raises ValueError where the options do not fit together."""
    kind: str = shape.type  # type: ignore[attr-defined]
    values = {key: _place(getattr(shape, key), directory) for key in type(shape).model_fields if key != "type"}
    return ChannelConfig(name=ChannelName(name), type=kind, options=load_options(kind)(**values))


def _place(value: Any, directory: Path) -> Any:
    if isinstance(value, Path):
        return directory / value.expanduser()
    if isinstance(value, dict):
        return {key: _place(one, directory) for key, one in value.items()}
    if isinstance(value, Secret) and value.kind == "file":
        return dataclasses.replace(value, name=str(directory / Path(value.name).expanduser()))
    return value


def describe_channels() -> dict[str, Any]:
    """The JSON Schema of one channel."""
    return {"oneOf": [make_shape(kind).model_json_schema() for kind in CHANNELS]}
