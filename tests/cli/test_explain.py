"""`marsad explain`: every way to give it an article, what it prints, and what it refuses."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.cli.explanation import AROUND

MARSAD = "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n"
SOURCES = """\
sources:
  - {id: saved, path: articles, tags: [القوقاز]}
  - {id: other, path: elsewhere}
"""
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}
  charity: {kind: organisation, names: ["Basmeh & Zeitooneh", بسمة وزيتونة]}
  karahan: {kind: person, names: [Fatih Karahan], short: [Karahan], near: [bank]}
  bank: {kind: organisation, names: [Central Bank of Turkey, 中央银行]}
groups:
  all-of-them: [putin, charity, karahan, bank]
rules:
  kremlin: {title: الكرملين, any: [putin], sources: [{tag: القوقاز}]}
  help: {title: Help, any: [charity]}
  bank-talks: {title: Bank, all: [putin, karahan], within: 5 words, languages: [ru, en]}
"""
DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate}\n"
BODY = "Президент России провёл длинный разговор о том, что происходит в мире и в соседних странах сегодня утром."
MORE = "Представитель сообщил, что стороны договорились продолжить диалог и встретиться в Баку до конца этого года."
PAGE = f"""<!DOCTYPE html><html lang="ru"><head><meta charset="utf-8"><title>Путин выступил</title></head>
<body><nav><a href="/">Главная</a></nav><article><h1>Путин выступил</h1><p>{BODY}</p><p>{MORE}</p></article></body></html>"""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration folder, before its first run."""
    folder = tmp_path_factory.mktemp("reported")
    files = {
        "marsad.yaml": MARSAD,
        "sources.yaml": SOURCES,
        "digests.yaml": DIGESTS,
        "rules/desk.yaml": RULES,
        "articles/one.txt": "Путин выступил\n\nРечь Путина была короткой.\n",
        "feed.json": json.dumps({"version": "https://jsonfeed.org/version/1", "title": "W", "items": []}),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "elsewhere").mkdir()
    return folder


@pytest.fixture
def ask(marsad: Callable[..., Any], reported: Path) -> Callable[..., Any]:
    return lambda *arguments: marsad("explain", *arguments, "--config", reported)


@pytest.fixture
def after_a_run(ask: Any, marsad: Callable[..., Any], reported: Path) -> Any:
    if not (reported / "state").exists():
        assert marsad("once", "--config", reported).code == 0
    return ask


def test_a_headline_is_explained_with_every_hit_and_near_miss(ask: Any) -> None:
    done = ask("bank-talks", "--headline", "Putin met karahan, not Karahan")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "✗ rule bank-talks does not fire: Bank" in lines
    assert any(line.startswith("│   └── exact 100, headline: \u2068[Putin] met") for line in lines)
    assert any("100 of 100 like Karahan, headline: \u2068…karahan, not [Karahan]\u2069" in line for line in lines)
    assert "refused: a short name, which counts only beside Fatih Karahan or bank" in " ".join(done.out.split())
    assert "refused: 'karahan' is in small letters, and the name has a capital" in done.out
    assert max(map(len, lines)) <= 80


def test_the_distance_and_the_language_that_refuse_it(ask: Any) -> None:
    text = "Putin came, saw many others that day and then met with Fatih Karahan"
    done = ask("bank-talks", "--headline", text, "--language", "de")
    assert "✗ within 5 words: at the closest they stand within 11 words" in done.out
    assert "✗ languages en, ru: the article is in de" in done.out


def test_a_right_to_left_hit_stands_in_its_own_direction(ask: Any) -> None:
    done = ask("kremlin", "--headline", "قال وبوتين أمس في موسكو إن الأمور تسير على ما يرام", "--source", "saved")
    assert "✓ rule kremlin fires, score 94: \u2068الكرملين\u2069" in done.out
    assert "proclitic 94, headline: \u2068بوتين\u2069 in \u2068قال [وبوتين] أمس" in done.out
    assert "✓ sources tag \u2068القوقاز\u2069: the source is saved with the tags \u2068القوقاز\u2069" in done.out
    assert done.out.count("\u2068") == done.out.count("\u2069")


def test_the_source_that_refuses_it(ask: Any) -> None:
    done = ask("kremlin", "--headline", "Putin", "--source", "other")
    assert "✗ rule kremlin does not fire" in done.out
    assert "the source is other" in done.out


def test_controls_of_a_headline_do_not_reach_the_terminal(ask: Any) -> None:
    done = ask("kremlin", "--headline", "Putin\x1b[2J spoke \u202eabc")
    assert done.code == 0
    assert {"\x1b", "\u202e"}.isdisjoint(done.out)


def test_without_a_rule_the_nearest_comes_first(ask: Any) -> None:
    done = ask("--headline", "Basma & Zeitouneh ouvre une école", "--json")
    assert [one["explanation"]["rule"] for one in done.data["rules"]] == ["help", "kremlin", "bank-talks"]
    miss = done.data["rules"][0]["explanation"]["tree"]["parts"][0]["parts"][0]["near_misses"][0]
    assert (miss["text"], miss["term"], miss["held"]["guard"]) == (
        "Basma & Zeitouneh",
        "Basmeh & Zeitooneh",
        "spelling",
    )
    shown = ask("--headline", "Basma & Zeitouneh ouvre une école")
    assert "✗ rule help does not fire" in shown.out
    assert "2 rules of which nothing is there: kremlin, bank-talks" in shown.out
    half = ask("--headline", "中央银行 Karahan")
    assert "✗ bank-talks: 50 of 100 is there" in half.out or "✗ rule bank-talks does not fire" in half.out


def test_a_saved_article_of_a_source_is_followed_to_its_mail(after_a_run: Any, reported: Path) -> None:
    done = after_a_run("kremlin", reported / "articles" / "one.txt")
    assert done.code == 0, done.err
    for part in ("read from source saved", "rule kremlin fired with score 100", "digest now for desk@example.org:"):
        assert part in done.out
    data = after_a_run("kremlin", reported / "articles" / "one.txt", "--json").data
    steps = [(step["stage"], step["outcome"]) for step in data["rules"][0]["steps"]]
    assert steps == [(stage, "done") for stage in ("article", "match", "story", "digest", "message")]
    by_id = after_a_run("kremlin", data["article"]["id"], "--json").data
    assert by_id["rules"] == data["rules"]


def test_a_silence_in_force_is_told_of_a_headline(after_a_run: Any, marsad: Any, reported: Path) -> None:
    made = marsad("silence", "putin", "--until", "2d", "--comment", "敏感 النشر", "--config", reported)
    assert made.code == 0, made.err
    try:
        told = " ".join(after_a_run("kremlin", "--headline", "Путин").out.split())
        assert "silence now for desk@example.org: would be set aside by silence 1 (entity putin until" in told
        assert "\u2068النشر\u2069)" in told
        assert "would report it" not in told
        assert "would report it" in after_a_run("help", "--headline", "بسمة وزيتونة").out
    finally:
        assert marsad("silence", "end", "1", "--config", reported).code == 0
    assert "would report it" in after_a_run("kremlin", "--headline", "Путин").out


def test_a_link_that_the_archive_does_not_have(after_a_run: Any) -> None:
    done = after_a_run("kremlin", "https://example.org/none")
    assert done.code == 2
    assert done.err.endswith(
        "no article in the archive has this link; give --fetch to read the page, or a FILE, or --headline\n"
    )


def test_an_id_that_is_nothing(after_a_run: Any) -> None:
    done = after_a_run("kremlin", "0f0f")
    assert (done.code, "0f0f: neither a file nor the id or link of an article in the archive" in done.err) == (2, True)


def test_a_file_that_belongs_to_no_source_needs_no_archive(ask: Any, tmp_path: Path) -> None:
    page, text, rows = tmp_path / "a.html", tmp_path / "a.txt", tmp_path / "a.jsonl"
    page.write_text(PAGE, encoding="utf-8")
    text.write_text("Путин выступил\n\nРечь Путина была короткой.\n", encoding="utf-8")
    row = {"id": 7, "headline": "普京 Putin", "language": "zh", "source": "saved"}
    rows.write_text("\n".join(json.dumps({**row, "id": number}) for number in (7, 8)), encoding="utf-8")
    for path in (page, text):
        found = ask("kremlin", path, "--json").data
        assert (found["article"]["headline"], found["rules"][0]["explanation"]["fires"]) == ("Путин выступил", True)
        assert found["rules"][0]["steps"][0]["text"] == "not in the archive, so nothing happened to it"
    lines = [json.loads(line) for line in ask("kremlin", rows, "--json").out.splitlines()]
    assert [line["article"]["id"] for line in lines] == ["7", "8"]
    assert {line["article"]["source"] for line in lines} == {"saved"}


@pytest.mark.parametrize(
    "content",
    ["Путин выступил\n\nРечь была короткой.\n", '{"id": 1, "headline": "Путин выступил"}\n'],
)
def test_standard_input_is_a_text_or_a_row_of_match(ask: Any, monkeypatch: Any, content: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    found = ask("kremlin", "-", "--json").data
    assert found["article"]["headline"] == "Путин выступил"
    assert found["rules"][0]["explanation"]["fires"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected a rule and an article"),
        (("a", "b", "c"), "expected a rule and an article"),
        (("kremlin",), "kremlin is a rule; give an article too"),
        (("kremlim", "--headline", "x"), "no rule has the id 'kremlim'; did you mean 'kremlin'?"),
        (("xyz", "--headline", "x"), "there are: kremlin, help, bank-talks"),
        (("--headline", "x", "--source", "savd"), "--source savd: no source has this id; did you mean 'saved'?"),
    ],
)
def test_what_is_refused_says_what_to_give(ask: Any, arguments: tuple[str, ...], message: str) -> None:
    done = ask(*arguments)
    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.html", "<html><body></body></html>", "no headline can be found on the page"),
        ("a.txt", " \n", "the document is empty"),
        ("a.jsonl", '{"id": 1, "headline": "x"}\n{"id": 2, "headline": 3}', 'a.jsonl:2: "headline" must be text'),
        ("feed.json", '{"version": "https://jsonfeed.org/version/1", "items": []}', "holds no article"),
    ],
)
def test_a_file_without_an_article(ask: Any, tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    done = ask("kremlin", tmp_path / name)
    assert (done.code, message in done.err) == (2, True), done.err


def test_before_the_first_run_there_is_no_archive(marsad: Any, reported: Path, tmp_path: Path) -> None:
    for name in ("marsad.yaml", "sources.yaml", "digests.yaml", "rules", "articles"):
        copy = shutil.copytree if (reported / name).is_dir() else shutil.copy
        copy(reported / name, tmp_path / name)
    done = marsad("explain", "kremlin", tmp_path / "articles" / "one.txt", "--config", tmp_path)
    assert (done.code, "✓ rule kremlin fires" in done.out) == (0, True)
    assert "what happened to the article is not known: " in done.err
    linked = marsad("explain", "kremlin", "https://example.org/x", "--config", tmp_path)
    assert (linked.code, "the archive cannot be read" in linked.err) == (2, True)


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/a" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Tests are quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_page_is_fetched_if_that_is_wanted(marsad: Any, reported: Path, tmp_path: Path, port: int) -> None:
    for name in ("sources.yaml", "digests.yaml"):
        shutil.copy(reported / name, tmp_path / name)
    shutil.copytree(reported / "rules", tmp_path / "rules")
    polling = f'polling: {{allow_private: ["127.0.0.1:{port}"], host_delay: 0s}}\n'
    (tmp_path / "marsad.yaml").write_text(MARSAD + polling, encoding="utf-8")
    url = f"http://127.0.0.1:{port}/a"
    done = marsad("explain", "kremlin", url, "--fetch", "--json", "--config", tmp_path)
    assert done.code == 0, done.err
    assert (done.data["article"]["headline"], done.data["article"]["url"]) == ("Путин выступил", url)
    assert done.data["rules"][0]["explanation"]["fires"]
    assert marsad("explain", "kremlin", f"{url}b", "--fetch", "--config", tmp_path).code == 1


def test_a_long_group_is_shown_in_one_line(ask: Any, marsad: Any, reported: Path, tmp_path: Path) -> None:
    for name in ("marsad.yaml", "sources.yaml", "digests.yaml"):
        shutil.copy(reported / name, tmp_path / name)
    names = "\n".join(f"  e{number}: {{names: [Xyzzy {number}abc]}}" for number in range(40))
    group = ", ".join(f"e{number}" for number in range(40))
    rule = f"entities:\n{names}\ngroups: {{many: [{group}]}}\nrules: {{it: {{title: It, any: [many]}}}}\n"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(rule, encoding="utf-8")
    done = marsad("explain", "it", "--headline", "nothing " * AROUND, "--config", tmp_path)
    assert "40 others are not there: e0, e1, e2, e3, e4, e5, …" in done.out
