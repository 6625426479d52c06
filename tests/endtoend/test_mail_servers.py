"""The whole line into mail servers of every kind, and into a Maildir."""

from __future__ import annotations

import json
import mailbox as boxes
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from servers import PostOffice

DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
PASSWORD = "بطارية-correct-horse"


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    ok = isinstance(given, LoginPassword) and (given.login, given.password) == (b"marsad", PASSWORD.encode())
    return AuthResult(success=ok, handled=False)


@pytest.fixture
def serve(mailbox: Any, certificates: Any, keeper: Any) -> Iterator[Callable[..., int]]:
    """Start a mail server with the given aiosmtpd options, its mail kept in `mailbox`; its port."""
    running: list[PostOffice] = []

    def start(**options: Any) -> int:
        office = PostOffice(keeper(mailbox), authenticator=authenticate, **options)
        office.start()
        running.append(office)
        return office.port

    yield start
    for office in running:
        office.stop()


def channel(port: int, tls: str, more: str = "") -> str:
    return f'{{type: smtp, host: 127.0.0.1, port: {port}, tls: {tls}, from: "Marsad <marsad@example.org>"{more}}}'


def check_one_mail(desk: Any, mailbox: Any, article: str) -> None:
    desk.write("articles/call.txt", article)
    passed = desk.run("once")
    assert passed.returncode == 0, passed.stderr
    [mail] = mailbox.read("desk@example.org")
    assert article.splitlines()[0] in mail.get_body(("plain",)).get_content()
    assert PASSWORD not in passed.stdout + passed.stderr


def test_starttls_with_a_password_from_a_file(
    desk: Any, mailbox: Any, article: str, certificates: Any, serve: Callable[..., int]
) -> None:
    port = serve(tls_context=certificates.good, require_starttls=True, auth_required=True)
    desk.write("password", f"{PASSWORD}\n")
    more = f", user: marsad, password: {{file: password}}, ca: {certificates.ca}"
    desk.configure(channel(port, "starttls", more), DIGEST)
    assert desk.run("check", "--online").returncode == 0
    check_one_mail(desk, mailbox, article)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd knows only STARTTLS as TLS
def test_implicit_tls_with_a_password_from_a_systemd_credential(
    desk: Any, mailbox: Any, article: str, certificates: Any, serve: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(ssl_context=certificates.good, auth_required=True, auth_require_tls=False)
    desk.write("credentials/smtp-password", PASSWORD)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(desk.folder / "credentials"))
    more = f", user: marsad, password: {{credential: smtp-password}}, ca: {certificates.ca}"
    desk.configure(channel(port, "implicit", more), DIGEST)
    check_one_mail(desk, mailbox, article)


def test_a_wrong_password_keeps_the_mail_and_says_so(
    desk: Any, mailbox: Any, article: str, certificates: Any, serve: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(tls_context=certificates.good, auth_required=True)
    monkeypatch.setenv("MARSAD_TEST_PASSWORD", "wrong")
    more = f", user: marsad, password: {{env: MARSAD_TEST_PASSWORD}}, ca: {certificates.ca}"
    desk.configure(channel(port, "starttls", more), DIGEST)
    desk.write("articles/call.txt", article)
    passed = desk.run("once")
    assert passed.returncode == 1
    assert mailbox.received == []
    assert desk.run("check", "--online").returncode == 1
    monkeypatch.setenv("MARSAD_TEST_PASSWORD", PASSWORD)
    [entry] = json.loads(desk.run("outbox", "list", "--json").stdout)
    assert "535" in entry["reply"]
    waits = datetime.fromisoformat(entry["next_attempt_at"]) - datetime.fromisoformat(entry["created_at"])
    assert waits >= timedelta(seconds=30)  # the channel is left alone for half a minute
    assert desk.run("outbox", "retry", entry["id"][:12]).returncode == 0
    assert desk.run("once").returncode == 0
    assert len(mailbox.received) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(
    desk: Any, mailbox: Any, article: str, certificates: Any, serve: Callable[..., int]
) -> None:
    port = serve(ssl_context=certificates.strange)
    desk.configure(channel(port, "implicit", f", ca: {certificates.ca}"), DIGEST)
    desk.write("articles/call.txt", article)
    passed = desk.run("once")
    assert passed.returncode == 1
    assert "certificate" in passed.stdout + passed.stderr
    assert mailbox.received == []


def test_a_maildir_gets_each_digest_as_one_file(desk: Any, article: str) -> None:
    desk.configure("{type: maildir, path: mail}", DIGEST)
    desk.write("articles/call.txt", article)
    for _ in range(2):
        assert desk.run("once").returncode == 0
    box = boxes.Maildir(desk.folder / "mail", create=False)
    assert len(box) == 1
    assert list((desk.folder / "mail" / "tmp").iterdir()) == []
