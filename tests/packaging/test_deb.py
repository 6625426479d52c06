"""The Debian package in a fresh Debian: install, start, upgrade with a store, remove, purge. `make deb-test` runs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Machine, boot, can_boot

pytestmark = [pytest.mark.proof, pytest.mark.systemd]

ARTICLE = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ\n\nبحث الرئيسان في اتصال هاتفي اليوم الوضع حول الإقليم.\n"
RULES = "rules:\n  call: {title: Call, any: [{text: بوتين}], examples: {match: [بوتين]}}\n"
DIGESTS = 'digests:\n  now: {to: [desk@example.org], schedule: immediate, rules: ["*"]}\n'
BROKEN = "rules:\n  call: {al: [putin]}\n"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A fresh Debian with the packages old.deb and new.deb in its folder /debs."""
    if "MARSAD_DEBS" not in os.environ:
        pytest.skip("`make deb-test` builds the packages and a Debian to install them in")
    if not can_boot():
        pytest.skip("needs root and the right to make namespaces, to boot a systemd")
    (tmp_path / "files/debs").mkdir(parents=True)
    for name, deb in zip(("old", "new"), os.environ["MARSAD_DEBS"].split(":"), strict=True):
        shutil.copy(deb, tmp_path / f"files/debs/{name}.deb")
    with boot(tmp_path, lower=Path(os.environ["MARSAD_DEB_ROOT"])) as booted:
        yield booted


def count_mails(machine: Machine) -> int:
    return int(machine.do("sh", "-c", "find /var/lib/marsad/mail/new -type f 2>/dev/null | wc -l"))


def install(machine: Machine, name: str) -> None:
    machine.do("dpkg", "--install", "--force-confdef", "--force-confold", f"/debs/{name}.deb")


def configure(machine: Machine) -> None:
    """As an analyst does, without sudo."""
    machine.do("useradd", "--create-home", "lina")
    machine.do("usermod", "--append", "--groups", "marsad", "lina")
    machine.do("sed", "-i", "s/^packs:.*/packs: []/", "/etc/marsad/marsad.yaml", user="lina")
    machine.write("/etc/marsad/rules/desk.yaml", RULES, user="lina")
    machine.write("/etc/marsad/digests.yaml", DIGESTS, user="lina")
    machine.do("marsad", "check", user="lina")


def check_that_the_group_reloads_and_no_more(machine: Machine) -> None:
    machine.do("systemctl", "reload", "marsad", user="lina")
    for verb in ("stop", "restart", "start", "kill"):
        assert machine.run("systemctl", "--no-ask-password", verb, "marsad", user="lina").returncode != 0
    assert machine.run("systemctl", "--no-ask-password", "reload", "dbus", user="lina").returncode != 0
    assert machine.run("systemctl", "--no-ask-password", "reload", "marsad", user="nobody").returncode != 0
    machine.write("/etc/marsad/rules/more.yaml", BROKEN, user="lina")
    assert machine.run("systemctl", "reload", "marsad", user="lina").returncode != 0
    machine.do("rm", "/etc/marsad/rules/more.yaml", user="lina")
    machine.do("systemctl", "reload", "marsad", user="lina")


def test_install_start_upgrade_remove_purge(machine: Machine) -> None:
    install(machine, "old")
    assert machine.show("ActiveState", "UnitFileState") == {"ActiveState": "inactive", "UnitFileState": "disabled"}
    configure(machine)
    machine.do("systemctl", "enable", "--now", "marsad")
    machine.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
    machine.wait(lambda: count_mails(machine) == 1, "the mail")
    check_that_the_group_reloads_and_no_more(machine)

    install(machine, "new")
    machine.wait(lambda: machine.show("ActiveState")["ActiveState"] == "active", "the new version to be ready")
    assert RULES in machine.do("cat", "/etc/marsad/rules/desk.yaml")
    assert "before-update-from-" in machine.do("ls", "/var/lib/marsad")
    assert machine.do("find", "/opt/marsad/lib/python3.11/site-packages/monitor/__pycache__", "-name", "app.*.pyc")
    machine.do("marsad", "status", user="lina")
    machine.write("/etc/marsad/articles/again.txt", ARTICLE.replace("اليوم", "أمس"), user="lina")
    machine.wait(lambda: count_mails(machine) >= 2, "the mail of the new version")
    assert "bash completion for marsad" in machine.do("cat", "/usr/share/bash-completion/completions/marsad")
    machine.do("test", "-s", "/usr/share/man/man1/marsad-digest.1.gz")

    machine.do("dpkg", "--remove", "marsad")
    assert machine.show("ActiveState") == {"ActiveState": "inactive"}
    assert machine.run("ls", "/opt/marsad").returncode != 0
    machine.do("test", "-e", "/var/lib/marsad/marsad.sqlite", "-a", "-e", "/etc/marsad/marsad.yaml")

    machine.do("dpkg", "--purge", "marsad")
    assert machine.run("ls", "/var/lib/marsad").returncode != 0
    assert machine.do("find", "/etc/marsad", "-type", "f").split() == [
        "/etc/marsad/articles/again.txt",
        "/etc/marsad/articles/call.txt",
    ]
