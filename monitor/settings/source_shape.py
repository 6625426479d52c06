"""The shape of sources.yaml. Each kind of `registry.SOURCES` adds one key, which says where a source of it is read.

The key of a remote kind takes a URL, that of another one a path. A new kind needs nothing here.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Self

from pydantic import Tag, create_model, model_validator

from monitor.model import Fulltext
from monitor.model.source import SourceTraits
from monitor.registry import SOURCES, load_class
from monitor.settings import fields as f
from monitor.settings.fields import Shape
from monitor.settings.values import Wrong


class LoginShape(Shape):
    user: f.Plain | None = None
    password: f.SecretPlace | None = None
    token: f.SecretPlace | None = None

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if (self.user is None) != (self.password is None) or (self.user is None) == (self.token is None):
            raise Wrong("the login is incomplete or mixes two kinds", expected="either user and password, or token")
        return self


class ProxyShape(Shape):
    url: f.Url
    user: f.Plain | None = None
    password: f.SecretPlace | None = None

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Wrong("user or password is missing", expected="user and password, or neither")
        return self


Through = Annotated[Annotated[ProxyShape, Tag(f.MAPPING)] | Annotated[f.ProxyUrl, Tag(f.OTHER)], f.BY_FORM]


class SourceShape(Shape):
    """The keys that sources of every kind take."""

    id: f.Id
    tags: tuple[f.Id, ...] = ()
    language: f.TextLanguage | None = None
    owner: f.Plain | None = None
    country: f.Territory | None = None
    every: f.SourceEvery = None
    backfill: f.FirstFetch | None = None
    fulltext: Fulltext = Fulltext.AUTO
    paused: bool = False
    auth: LoginShape | None = None
    proxy: Through | None = None

    def list_places(self) -> list[tuple[SourceTraits, str]]:
        """The keys that say where it is read, and what they say."""
        written = [(traits, getattr(self, traits.kind, None)) for traits in list_traits()]
        return [(traits, place) for traits, place in written if place is not None]

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        given = [traits.kind for traits, _ in self.list_places()]
        if len(given) != 1:
            keys = [traits.kind for traits in list_traits()]
            what = f"{_join(given, 'and')} are both given" if given else f"{_join(keys, 'or')} is missing"
            hint = "; ".join(f"{traits.kind}: {traits.meaning}" for traits in list_traits())
            raise Wrong(what, expected="one of them", hint=hint)
        return self

    @model_validator(mode="after")
    def _check_server(self) -> Self:
        for traits, _ in self.list_places():
            if not traits.is_remote and (self.auth or self.proxy):
                raise Wrong("auth and proxy need a url", hint=f"remove them; a {traits.noun} needs neither")
        return self


class SourcesShape(Shape):
    """sources.yaml: the sources that Marsad reads."""

    sources: tuple[SourceShape, ...] = ()


def list_traits() -> list[SourceTraits]:
    """Of every kind, in the order of `registry.SOURCES`."""
    return [load_class(path).traits for path in SOURCES.values()]


def make_source_shape() -> type[SourceShape]:
    """`SourceShape` with the keys of all kinds."""
    return _make_source_shape(tuple(list_traits()))


def make_sources_shape() -> type[SourcesShape]:
    """`SourcesShape` with the keys of all kinds."""
    return _make_sources_shape(tuple(list_traits()))


@cache
def _make_source_shape(kinds: tuple[SourceTraits, ...]) -> type[SourceShape]:
    keys: dict[str, Any] = {traits.kind: ((f.Url if traits.is_remote else f.Plain) | None, None) for traits in kinds}
    places: Any = create_model("SourcePlaces", __base__=Shape, id=(f.Id, ...), **keys)
    return create_model("SourceShape", __base__=(SourceShape, places))


@cache
def _make_sources_shape(kinds: tuple[SourceTraits, ...]) -> type[SourcesShape]:
    listed: Any = tuple[_make_source_shape(kinds), ...]  # type: ignore[misc]
    return create_model("SourcesShape", __base__=SourcesShape, sources=(listed, ()))


def _join(keys: list[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(keys[:-1]), keys[-1])))
