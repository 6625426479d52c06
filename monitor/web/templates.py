"""Templates of the console, which are filled with views. A door to jinja2."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2

from monitor.digests.clean import clean_headline, clean_line, clean_url, find_side
from monitor.packaged import find_share

STATIC = "static"
HASH_LENGTH = 12
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def find_folder() -> Path:
    return find_share("templates") / "console"


@cache
def make_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(find_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "side": find_side,
        "line": clean_line,
        "headline": clean_headline,
        "web": clean_url,
        "query": write_query,
    }
    environment.globals["asset"] = name_asset
    return environment


def write_query(values: Mapping[str, Any], **changes: Any) -> str:
    """The query of a URL: `values` with `changes`, without what is empty."""
    merged = {**values, **changes}
    return urlencode({key: value for key, value in merged.items() if value not in {None, ""}})


def fill(name: str, fields: Mapping[str, Any]) -> str:
    return make_environment().get_template(name).render(fields)


@cache
def read_asset(name: str) -> bytes:
    """Raises KeyError for what is not there."""
    path = find_folder() / STATIC / name
    if "/" in name or path.suffix not in TYPES or not path.is_file():
        raise KeyError(name)
    return path.read_bytes()


@cache
def name_asset(name: str) -> str:
    """Its address, which changes with its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256(read_asset(name)).hexdigest()[:HASH_LENGTH]
    return f"/static/{digest}/{name}"
