"""Who is let in, and what a page of another site cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import UserMustFix
from monitor.model import OutboxState
from monitor.model.console import ConsoleSettings, TrustedProxy
from monitor.ops.passwords import hash_password
from monitor.web.access import name_user
from monitor.web.pages.login import TRIES, tries
from monitor.web.places import check_door, open_socket

ME = name_user(os.geteuid())
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def local(start_console, small):
    with start_console(*small) as console:
        yield console


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password(PASSWORD)


@pytest.fixture(scope="module")
def guarded(start_console, small, hashed):
    """With a password for sami, and a name in the network."""
    settings = ConsoleSettings(passwords={"sami": hashed}, hosts=frozenset({"news.example.org"}))
    with start_console(*small, settings) as console:
        yield console


@pytest.fixture
def logged_out(guarded):
    guarded.cookies.clear()
    tries._times.clear()
    return guarded


def log_in(console, user="sami", password=PASSWORD, **headers):
    fields = {"user": user, "password": password, "next": "/status"}
    return console.post("/login", fields, **headers)


def keep_cookie(console, answer) -> None:
    name, _, value = answer.cookies[0].partition(";")[0].partition("=")
    console.cookies[name] = value


def test_who_started_it_is_let_in_and_is_an_operator(local) -> None:
    page = local.get("/")
    assert page.status == 200
    assert f"You are {ME}, an operator." in page.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", ""])
def test_a_name_that_is_not_the_consoles_is_refused(local, host) -> None:
    """DNS rebinding: a page of evil.example whose name leads to 127.0.0.1."""
    page = local.get("/", Host=host)
    assert page.status in {400, 421}
    assert "Stories" not in page.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8642"])
def test_names_of_this_machine_are_the_consoles(local, host) -> None:
    assert local.get("/", Host=host).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_form_of_another_site_does_nothing(local, queue_message, headers) -> None:
    local.call(queue_message(local.desk, "m1"))
    page = local.post("/outbox/m1/drop", {"token": local.find_token()}, **headers)
    assert page.status == 403
    assert "sent from another site" in page.text
    assert [one.state for one in local.call(local.desk.store.outbox.list_entries([OutboxState.PENDING]))]


def test_without_sec_fetch_site_the_origin_must_be_the_console(local, queue_message) -> None:
    local.call(queue_message(local.desk, "m2"))
    token = local.find_token()

    def drop(**headers: str) -> int:
        body = f"token={token}".encode()
        kind = "application/x-www-form-urlencoded"
        return local.ask("POST", "/outbox/m2/drop", body, Content_Type=kind, **headers).status

    assert [drop(), drop(Origin="http://evil.example"), drop(Origin="null")] == [403, 403, 403]
    assert drop(Origin=local.url) == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_a_form_without_the_token_does_nothing(local, queue_message, token) -> None:
    local.call(queue_message(local.desk, "m3"))
    page = local.post("/outbox/m3/drop", {"token": token})
    assert page.status == 403
    assert "out of date" in page.text


def test_what_an_operator_does_is_done_and_kept_with_their_name(local, queue_message) -> None:
    local.call(queue_message(local.desk, "m4"))
    done = local.post("/outbox/m4/drop", {"token": local.find_token()})
    assert (done.status, done.headers["Location"]) == (303, "/outbox?done=drop")
    assert "m4" in {one.message.id for one in local.call(local.desk.store.outbox.list_entries([OutboxState.DROPPED]))}
    newest = local.call(local.desk.store.actions.list_actions(1))[0]
    assert (newest.user, newest.what, newest.subject) == (ME, "drop", "morning for sami@example.org (m4)")
    again = local.post("/outbox/m4/retry", {"token": local.find_token()})
    assert again.status == 303
    assert "morning for sami@example.org (m4)" in local.get("/log").text


def test_a_message_that_is_gone_is_an_error_that_says_so(local) -> None:
    page = local.post("/outbox/nothing/drop", {"token": local.find_token()})
    assert page.status == 400
    assert "nothing was changed" in page.text


@pytest.mark.parametrize("path", ["/", "/status", "/healthz", "/nothing", "/static/x/console.css"])
def test_every_answer_says_what_a_browser_may_do_with_it(local, path) -> None:
    headers = local.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["..%2f..%2fmarsad.yaml", "layout.html.j2", "%2e%2e", "nothing.css"])
def test_no_file_beside_the_assets_is_served(local, name) -> None:
    assert local.get(f"/static/x/{name}").status == 404


def test_a_page_that_has_not_changed_is_not_sent_again(local) -> None:
    first = local.get("/outbox?view=sent")
    assert local.get("/outbox?view=sent", If_None_Match=first.headers["ETag"]).status == 304


def test_who_has_no_session_is_led_to_the_login(logged_out) -> None:
    page = logged_out.get("/outbox?view=sent")
    assert (page.status, page.headers["Location"]) == (303, "/login?next=/outbox?view=sent")
    assert logged_out.get("/login").status == 200
    assert logged_out.get("/healthz").text == "ok\n"


def test_a_right_password_begins_a_session(logged_out) -> None:
    answer = log_in(logged_out)
    assert (answer.status, answer.headers["Location"]) == (303, "/status")
    cookie = answer.cookies[0]
    assert cookie.startswith("marsad=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    keep_cookie(logged_out, answer)
    page = logged_out.get("/sessions")
    assert page.status == 200
    assert "You are sami." in page.text
    assert "this browser" in page.text


def test_from_another_machine_the_cookie_travels_over_https_only(logged_out) -> None:
    answer = log_in(logged_out, Host="news.example.org")
    assert answer.cookies[0].startswith("__Host-marsad=")
    assert "Secure" in answer.cookies[0]
    assert "Domain" not in answer.cookies[0]


@pytest.mark.parametrize(("user", "password"), [("sami", "wrong"), ("nobody", PASSWORD), ("", ""), ("sami", "")])
def test_a_wrong_password_does_not(logged_out, user, password) -> None:
    answer = log_in(logged_out, user, password)
    assert answer.status == 403
    assert answer.cookies == ()
    assert "do not fit together" in answer.text


def test_after_five_wrong_passwords_even_the_right_one_waits(logged_out) -> None:
    for _ in range(TRIES):
        tries.add("user sami")
    answer = log_in(logged_out)
    assert answer.status == 429
    assert answer.cookies == ()


def test_a_session_can_be_ended_and_is_over_then(logged_out) -> None:
    keep_cookie(logged_out, log_in(logged_out))
    assert logged_out.get("/").status == 200
    kept = dict(logged_out.cookies)
    assert logged_out.post("/logout", {"token": logged_out.find_token()}).status == 303
    logged_out.cookies.update(kept)
    assert logged_out.get("/").status == 303


def test_the_store_has_no_token_that_would_log_anybody_in(logged_out) -> None:
    keep_cookie(logged_out, log_in(logged_out))
    (token,) = logged_out.cookies.values()
    sessions = logged_out.call(logged_out.desk.store.sessions.list_sessions(datetime.now(UTC)))
    assert token not in {one.key for one in sessions}
    logged_out.cookies = {"marsad": sessions[0].key}
    assert logged_out.get("/").status == 303


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_login_leads_nowhere_else(logged_out, where) -> None:
    fields = {"user": "sami", "password": PASSWORD, "next": where}
    assert logged_out.post("/login", fields).headers["Location"] == "/"


def test_a_reader_can_look_and_change_nothing(logged_out, queue_message) -> None:
    logged_out.call(queue_message(logged_out.desk, "m5"))
    keep_cookie(logged_out, log_in(logged_out))
    page = logged_out.get("/outbox")
    assert "m5" in page.text
    assert "Retry" not in page.text
    for path in ("/outbox/m5/drop", "/outbox/m5/retry", "/silences", "/silences/1/end", "/digests/morning/send"):
        answer = logged_out.post(path, {"token": logged_out.find_token(), "what": "kremlin", "comment": "x"})
        assert answer.status == 403, path
        assert "Only operators" in answer.text


def test_a_header_is_believed_from_a_trusted_proxy_alone(start_console, small) -> None:
    proxy = TrustedProxy(header="Remote-User", addresses=frozenset({"127.0.0.1"}))
    with start_console(*small, ConsoleSettings(proxy=proxy, operators=frozenset({"sami"}))) as console:
        assert "You are layla." in console.get("/", Remote_User="layla").text
        assert "You are sami, an operator." in console.get("/", Remote_User="sami").text
        assert console.get("/").status == 403
    strange = replace(proxy, addresses=frozenset({"192.0.2.7"}))
    with start_console(*small, ConsoleSettings(proxy=strange, operators=frozenset({"sami"}))) as console:
        assert f"You are {ME}, an operator." in console.get("/", Remote_User="layla").text


def test_through_the_socket_the_kernel_says_who_it_is(start_console, small, tmp_path: Path) -> None:
    place = tmp_path / "console.sock"
    with start_console(*small, ConsoleSettings(socket=place)) as console:
        assert place.stat().st_mode & 0o777 == 0o660
        assert f"You are {ME}, an operator." in console.get("/").text
        with pytest.raises(UserMustFix, match="another console listens"):
            open_socket(ConsoleSettings(socket=place))
        assert console.get("/healthz").status == 200  # by then it has let that connection go


ANOTHER_USER = """
import encodings.idna, os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as line:
    line.sendall(b"GET / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n")
    answer = b"".join(iter(lambda: line.recv(65536), b""))
print(answer[:12].decode(), b"You are not let in" in answer)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_another_user_of_this_machine_is_not_let_in(local) -> None:
    client = [sys.executable, "-c", ANOTHER_USER, str(local.place[1])]
    assert subprocess.run(client, capture_output=True, text=True, check=True).stdout == "HTTP/1.1 403 True\n"


def test_where_nothing_can_be_written_nobody_is_an_operator(local) -> None:
    access, can_write = local.desk.access, local.desk.access._can_write
    access._can_write = False
    try:
        assert f"You are {ME}." in local.get("/").text
        assert local.post("/silences", {"token": local.find_token()}).status == 403
    finally:
        access._can_write = can_write


def test_other_machines_do_not_reach_it_without_a_login(hashed) -> None:
    with pytest.raises(UserMustFix, match="nobody would have to log in"):
        check_door(ConsoleSettings(listen=("0.0.0.0", 8642)), [])  # noqa: S104 - that is what is refused
    check_door(ConsoleSettings(listen=("0.0.0.0", 8642), passwords={"sami": hashed}), [])  # noqa: S104
    check_door(ConsoleSettings(listen=("127.0.0.1", 8642)), [])


def test_a_socket_of_systemd_is_looked_at_too() -> None:
    listening = open_socket(ConsoleSettings(listen=("0.0.0.0", 0)))  # noqa: S104
    with listening, pytest.raises(UserMustFix, match="not an address of this machine alone"):
        check_door(ConsoleSettings(), [listening])
