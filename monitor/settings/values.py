"""The texts of the YAML files: ids, names, languages, addresses, secrets. Every refusal says what was expected."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from monitor.model import Secret
from monitor.settings.addresses import find_address_fault
from monitor.settings.patterns import is_pattern
from monitor.settings.problems import strip_edges
from monitor.sources.address import is_metadata
from monitor.text.locales import find_language_code, is_locale, is_written
from monitor.text.quoting import quote, suggest_near
from monitor.text.territories import list_codes
from monitor.text.urls import HIDDEN, mask_text

NO_PROXY = "none"
FORMAT = 1  # of the configuration: `config:` in marsad.yaml
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COMMAS = "،؛、，；"


class Wrong(ValueError):
    """A value that is refused: what it is, what was expected instead, and what may help."""

    def __init__(self, what: str, *, expected: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.expected, self.hint = what, expected, hint


class NotText(Wrong):
    """Something else than text stands where `expected` should; the message comes from how the file spells it."""

    def __init__(self, expected: str) -> None:
        super().__init__("not text", expected=expected)


def take_text(value: Any, expected: str) -> str:
    """The stripped text. Raises Wrong for anything else, a blank one, and invisible characters inside."""
    if not isinstance(value, str):
        raise NotText(expected)
    text = strip_edges(value)
    if not text:
        raise Wrong("an empty text", expected=expected)
    check_visible(text)
    return text


def check_visible(text: str) -> None:
    """Raises Wrong where a character could make a text look like another one."""
    for letter in text:
        if letter in _BIDI:
            name = unicodedata.name(letter).title()
            raise Wrong(
                f"the bidi control U+{ord(letter):04X} ({name}) inside {quote(text)}",
                hint="delete it, or type the text again",
            )
        if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}:
            raise Wrong(f"the control character U+{ord(letter):04X} inside {quote(text)}", hint="delete it")


def take_plain(value: Any) -> str:
    """A text of one line for people, such as a title."""
    return take_text(value, "a text")


def take_body(value: Any) -> str:
    """A text pasted from an article, empty too."""
    if not isinstance(value, str):
        raise NotText("a text")
    return value.strip("\n")


def take_prose(value: Any) -> str:
    """A headline or a text pasted from an article; anything may be in it, but not nothing."""
    text = take_body(value)
    if not strip_edges(text):
        raise Wrong("an empty text", expected="a headline or a text")
    return text


GLOB_SIGNS = frozenset("*?[]")  # no id has them


def take_id(value: Any) -> str:
    """An id: any text without * ? [ ], which are for globs."""
    text = take_text(value, "an id")
    special = sorted(set(text) & GLOB_SIGNS)
    if special:
        raise Wrong(
            f"the id {quote(text)} contains {' '.join(special)}",
            expected="an id without * ? [ ]",
            hint="they are for patterns of ids",
        )
    return text


def take_name(value: Any) -> str:
    """A name as it is looked for."""
    text = take_text(value, "a name")
    for comma in _COMMAS:
        if comma in text:
            parts = ", ".join(f'"{part.strip()}"' for part in text.split(comma) if part.strip())
            raise Wrong(
                f"{comma} (U+{ord(comma):04X}) inside the name {quote(text)}",
                hint=f"if these are two names, write [{parts}] with ASCII commas",
            )
    if "：" in text:
        raise Wrong(f"a full-width colon ： inside the name {quote(text)}", hint="YAML needs : and a space after a key")
    if is_pattern(text):
        raise Wrong(f"the name {quote(text)} looks like a pattern", hint="names are plain text; list the spellings")
    return text


def take_glob(value: Any) -> str:
    """A rule id or a pattern of them."""
    return take_text(value, 'a rule id or a pattern such as "karabakh-*"')


def take_locale(value: Any) -> str:
    """A locale that digests can be written in, as ar or ar-SY."""
    expected = "a language such as ar, ru or ar-SY"
    tag = _take_tag(value, expected)
    if not is_written(tag):
        raise Wrong(f"dates cannot be formatted in the language {quote(tag)}", expected=expected)
    return tag


def take_language(value: Any) -> str:
    """A language that a text may be in, as ar, ckb or zh-Hant."""
    return _take_tag(value, "a language code such as ar, ru or en")


def _take_tag(value: Any, expected: str) -> str:
    tag = take_text(value, expected).replace("_", "-")
    if is_locale(tag):
        return tag
    code = find_language_code(tag)
    raise Wrong(f"unknown language {quote(tag)}", expected=expected, hint=f"did you mean '{code}'?" if code else "")


def take_territory(value: Any) -> str:
    """An ISO 3166 code, in capitals."""
    expected = "an ISO 3166 code such as AZ"
    code = take_text(value, expected).upper()
    if code not in list_codes():
        hints = {"UK": "did you mean 'GB'?"}
        raise Wrong(f"unknown territory {quote(code)}", expected=expected, hint=hints.get(code, ""))
    return code


def take_template(value: Any) -> str:
    """The name of a template: a file name without its ending."""
    expected = "the name of a template, such as digest"
    name = take_text(value, expected)
    if not re.fullmatch(r"\w[\w-]*", name):
        raise Wrong(
            f"{quote(name)} is not a template's name",
            expected=expected,
            hint="templates are files of the folder templates/",
        )
    return name


def take_path(value: Any) -> Path:
    """A file or folder, relative to the configuration directory or absolute."""
    return Path(take_text(value, "a path"))


def take_store(value: Any) -> str:
    """`sqlite`, or the URL of a PostgreSQL database."""
    expected = "sqlite or postgresql://HOST/DATABASE"
    text = take_text(value, expected)
    if text != "sqlite" and not re.match(r"postgresql(\+psycopg)?://", text):
        raise Wrong(
            f"{quote(text)} is not a store", expected=expected, hint=suggest_near(text, ["sqlite", "postgresql"])
        )
    return text


def take_secret(value: Any) -> Secret:
    """Where a secret is: {credential: …}, {env: …} or {file: …}; the secret itself is refused, and never shown."""
    expected = "{credential: NAME}, {env: VARIABLE} or {file: PATH}"
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind not in {"credential", "env", "file"}:
            raise Wrong(f"{quote(str(kind))} is not a place where a secret can be", expected=expected)
        return Secret(kind=kind, name=take_text(name, "the name of a place"))
    if isinstance(value, (str, int, float)):
        hint = "put it into a file that only Marsad may read, and change it: others may have read it here"
        raise Wrong("the secret is written in plain text", expected=expected, hint=hint)
    raise Wrong("the place of the secret is missing", expected=expected)


def take_host_port(value: Any) -> str:
    """`host:port` or `[IPv6]:port`."""
    expected = "host:port, such as 10.0.0.5:8080"
    text = take_text(value, expected)
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})", text)
    if not found or not 0 < int(found[2]) < 65536:
        raise Wrong(f"{quote(text)} is not an address with a port", expected=expected)
    if is_metadata(found[1].lower().strip("[]").removesuffix(".")):
        what = f"{quote(text)} is a cloud's metadata service, which hands out credentials"
        raise Wrong(what, expected="another address: this one is always refused", hint="remove it")
    return text.lower()


def take_loopback(value: Any) -> tuple[str, int]:
    """An address of this machine, and a port."""
    host, _, port = take_host_port(value).rpartition(":")
    name = host.strip("[]")
    if name != "localhost" and not is_loopback(name):
        raise Wrong(
            f"{quote(host)} is not an address of this machine alone",
            expected="127.0.0.1:9187 or [::1]:9187",
            hint="metrics have no password: let another machine read them through a reverse proxy that asks for one",
        )
    return ("127.0.0.1" if name == "localhost" else name, int(port))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def take_email(value: Any) -> str:
    """One plain address."""
    expected = "an address such as desk@example.org"
    text = take_text(value, expected)
    if fault := find_address_fault(text):
        raise Wrong(f"{quote(text)} is not an e-mail address: {fault}", expected=expected)
    return text


def take_url(value: Any) -> str:
    """An http or https URL with a host."""
    expected = "a URL such as https://example.org/rss"
    text = take_text(value, expected)
    if not re.fullmatch(r"https?://[^\s/?#@]+([/?#]\S*)?", text, re.IGNORECASE):
        login = re.match(r"https?://[^/]*@", text, re.IGNORECASE)
        if login:
            what = f"the URL contains a login before {quote(text[login.end() :])}"
            raise Wrong(
                what,
                expected="a URL without one",
                hint="write the login with its own keys: user, and where its password is",
            )
        raise Wrong(f"{quote(mask_text(text))} is not a URL that can be fetched", expected=expected)
    if re.search(f"[=/?;_-]{HIDDEN}|{HIDDEN}@", text):  # from `sources list` or an export
        hint = "write the whole URL, as the site gave it to you"
        raise Wrong(f"the token of {quote(text)} is hidden (`{HIDDEN}`)", expected=expected, hint=hint)
    return text


def take_proxy(value: Any) -> str:
    """The URL of an HTTP proxy, or `none`."""
    if value == NO_PROXY:
        return NO_PROXY
    text = take_text(value, "http://host:port or none")
    if re.match(r"socks", text, re.IGNORECASE):
        raise Wrong(
            f"{quote(text)} is not an HTTP proxy",
            expected="http://host:port or none",
            hint="SOCKS proxies are not supported",
        )
    return take_url(text)


def take_host(value: Any) -> str:
    """The name of a host, without a port."""
    expected = "a host name, such as feeds.example.org"
    text = take_text(value, expected)
    if not re.fullmatch(r"[^\s/:@?#]+", text):
        raise Wrong(f"{quote(text)} is not a host name", expected=expected)
    return text.lower().removesuffix(".")


def take_format(value: Any) -> int:
    """`config:`, the version of the format of these files."""
    expected = f"config: {FORMAT}"
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Wrong("not a version of the configuration", expected=expected)
    if value > FORMAT:
        raise Wrong(f"a configuration of version {value}", expected=expected, hint="install a newer Marsad to read it")
    return value
