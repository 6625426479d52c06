"""A configuration folder for one worker, and the store that it shares with others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

DESK = """\
store: {url}
state: state
channels: {{box: {{type: maildir, path: mail}}}}
operator: {{to: ops@example.org, channel: box}}
"""
RULES = """\
entities: {{place: {{kind: topic, names: {{en: [{word}]}}}}}}
rules: {{{name}: {{title: News, any: [place]}}}}
"""
DIGESTS = "digests: {now: {to: [sami@example.org], channel: box, schedule: immediate, group_wait: 0s}}\n"


class Desk:
    """A configuration folder with one folder of articles, and the store of its workers."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "articles").mkdir(parents=True)
        (folder / "rules").mkdir()
        self.write("marsad.yaml", DESK.format(url=url))
        self.write("sources.yaml", f"sources: [{{id: saved, path: {folder}/articles, every: 1s}}]\n")
        self.write("rules/own.yaml", RULES.format(name="karabakh", word="Karabakh"))
        self.write("digests.yaml", DIGESTS)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def ask(self, query: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else None

    def count_shares(self, holder: str) -> int:
        query = "SELECT count(*) FROM shares JOIN workers USING (holder) WHERE workers.name = '{}'"
        return int(self.ask(query.format(holder))[0][0])

    def read_mail(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in (self.folder / "mail" / "new").glob("*"))
