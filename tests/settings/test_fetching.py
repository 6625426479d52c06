"""Logins and proxies of sources: where they are taken from, and how they are shown."""

from __future__ import annotations

import re

import pytest

from monitor.model import Login, Proxy, Secret
from monitor.settings.describe import describe_thing

FEED = "url: 'https://feeds.example.org/'"


def write_source(more: str) -> dict[str, str]:
    return {"sources.yaml": f"sources:\n  - {{id: a, {FEED}, {more}}}\n"}


@pytest.mark.parametrize(
    ("more", "login", "shown"),
    [
        ("auth: {user: ali, password: {credential: feed}}", Login(user="ali", secret=Secret(kind="credential", name="feed")),
         "user ali, password in {credential: feed}"),
        ("auth: {token: {env: TOKEN}}", Login(secret=Secret(kind="env", name="TOKEN")), "token in {env: TOKEN}"),
    ],
)  # fmt: skip
def test_a_login(settle, more: str, login: Login, shown: str) -> None:
    settings = settle(write_source(more))
    assert settings.sources[0].auth == login
    assert {line.key: line.value for line in describe_thing(settings, "source", "a")}["auth"] == shown


def test_a_secrets_file_lies_beside_the_configuration(settle) -> None:
    settings = settle(write_source("auth: {user: ali, password: {file: keys/feed}}"))
    assert settings.sources[0].auth.secret.name == str(settings.directory / "keys/feed")


@pytest.mark.parametrize(
    ("more", "proxy", "shown"),
    [
        ("proxy: 'http://proxy.example.org:3128'", Proxy(url="http://proxy.example.org:3128"), "http://proxy.example.org:3128"),
        ("proxy: none", Proxy(), "none"),
        ("proxy: {url: 'http://proxy.example.org', user: ali, password: {env: P}}",
         Proxy(url="http://proxy.example.org", login=Login(user="ali", secret=Secret(kind="env", name="P"))),
         "http://proxy.example.org, user ali, password in {env: P}"),
    ],
)  # fmt: skip
def test_a_proxy(settle, more: str, proxy: Proxy, shown: str) -> None:
    settings = settle(write_source(more))
    assert settings.sources[0].proxy == proxy
    assert {line.key: line.value for line in describe_thing(settings, "source", "a")}["proxy"] == shown


def test_a_proxy_for_all_and_hosts_that_many_share(settle) -> None:
    main = "channels: {c: {type: console}}\npolling: {proxy: 'http://127.0.0.1:3128', shared_hosts: [Feeds.Example.org.]}\n"
    polling = settle({"marsad.yaml": main, "digests.yaml": "digests: {d: {to: [a@example.org]}}"}).polling
    assert polling.proxy == Proxy(url="http://127.0.0.1:3128")
    assert polling.shared_hosts == {"feeds.example.org"}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        (
            "sources",
            f"sources: [{{id: a, {FEED}, auth: {{user: ali, password: hunter2}}}}]",
            "the secret is written in plain text",
        ),
        ("sources", f"sources: [{{id: a, {FEED}, auth: {{user: ali}}}}]", "the login is incomplete or mixes two kinds"),
        (
            "sources",
            f"sources: [{{id: a, {FEED}, auth: {{password: {{env: P}}}}}}]",
            "the login is incomplete or mixes two kinds",
        ),
        (
            "sources",
            f"sources: [{{id: a, {FEED}, auth: {{user: a, password: {{env: P}}, token: {{env: T}}}}}}]",
            "the login is incomplete or mixes two kinds",
        ),
        ("sources", f"sources: [{{id: a, {FEED}, auth: {{}}}}]", "the login is incomplete or mixes two kinds"),
        ("sources", "sources: [{id: a, path: x, proxy: none}]", "auth and proxy need a url"),
        ("sources", f"sources: [{{id: a, {FEED}, proxy: 'socks5://127.0.0.1:9'}}]", "is not an HTTP proxy"),
        (
            "sources",
            f"sources: [{{id: a, {FEED}, proxy: 'http://u:hunter2@127.0.0.1:9'}}]",
            "before '127.0.0.1:9'",
        ),
        ("sources", "sources: [{id: a, url: 'HTTPS://u:hunter2@feeds.example.org/rss'}]", "the URL contains a login"),
        (
            "sources",
            f"sources: [{{id: a, {FEED}, proxy: {{url: 'http://127.0.0.1', user: ali}}}}]",
            "user or password is missing",
        ),
        ("marsad", "polling: {shared_hosts: ['https://example.org/']}\n", "is not a host name"),
    ],
)
def test_what_is_refused(find, name: str, text: str, what: str) -> None:
    problems = find(name, text)
    assert any(what in problem.what for problem in problems), problems
    assert not any("hunter2" in f"{problem.what}{problem.hint}{problem.expected}" for problem in problems)


def test_every_example_of_the_page_about_polling_loads(settle, root) -> None:
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (root / "docs" / "polling.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    for name, text in blocks:
        channel = "channels: {c: {type: console}}\n" if name == "marsad.yaml" else ""
        settings = settle({name: channel + text, "digests.yaml": "digests: {d: {to: [a@example.org]}}"})
        assert settings.sources
