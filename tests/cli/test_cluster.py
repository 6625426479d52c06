"""`marsad cluster`: articles as JSON lines in, the story of each as JSON lines out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

ARTICLES = [
    {
        "id": 1,
        "headline": "Putin and Aliyev review Karabakh accords by phone",
        "body": "Vladimir Putin called Ilham Aliyev on Tuesday about Karabakh.",
        "published": "2026-11-24T08:00:00Z",
        "source": "a",
    },
    {
        "id": "ru",
        "headline": "Путин обсудил с Алиевым Карабах",
        "body": "Владимир Путин позвонил Ильхаму Алиеву и обсудил с ним Карабах.",
        "published": "2026-11-24T09:00:00+01:00",
    },
    {
        "id": "x",
        "headline": "Harvest of apples breaks a record in Ostria",
        "published": "2026-11-24T10:00",
        "other": None,
    },
]


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.untraced
def test_one_line_per_article_with_its_story_and_why(marsad, desk: Path) -> None:
    done = marsad("cluster", write_lines(desk / "in.jsonl", ARTICLES))
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["id"], row["story"], row["kind"]) for row in rows] == [
        (1, "1", "new"),
        ("ru", "1", "joined"),
        ("x", "x", "new"),
    ]
    link = next(reason for reason in rows[1]["because"] if reason["what"] == "across languages")
    assert {"entity:putin", "entity:aliyev", "entity:karabakh"} & set(link["shared"])
    assert link["value"] >= link["needed"]


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def test_what_no_likeness_would_join_says_why_and_stays_json(marsad, desk: Path) -> None:
    headlines = [
        "News roundup: truce in Sudan, floods in Pakistan, Ukraine talks",
        "Sudan's army agrees to a week-long truce in Khartoum",
    ]
    rows = [
        {"id": number, "headline": text, "published": f"2026-11-0{number}"} for number, text in enumerate(headlines, 1)
    ]
    done = marsad("cluster", write_lines(desk / "in.jsonl", rows))
    (reason,) = json.loads(done.out.splitlines()[1], parse_constant=refuse)["because"]
    assert reason["what"] == "same words; takes copies only"
    assert "needed" not in reason


def test_the_names_of_a_configuration_are_used_where_one_is_given(marsad, desk: Path) -> None:
    done = marsad("cluster", "--config", desk, "--strict", write_lines(desk / "in.jsonl", ARTICLES))
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 3


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "is not JSON"),
        ("[1]", "expected an object"),
        ('{"headline": "x"}', 'has no "id"'),
        ('{"id": 1}', 'has neither "headline" nor "body"'),
        ('{"id": 1, "headline": 5}', '"headline" must be text, got int'),
        (
            '{"id": 1, "headline": "x", "published": "soon"}',
            "\"published\" must be a time like 2026-11-30T08:00:00Z, got 'soon'",
        ),
        ('{"id": 1, "headline": "x", "published": 5}', '"published" must be text, got int'),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(marsad, desk: Path, line: str, why: str) -> None:
    good = json.dumps(ARTICLES[0])
    (desk / "in.jsonl").write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    done = marsad("cluster", "--config", desk, desk / "in.jsonl")
    assert done.code == 1
    assert f"in.jsonl:2: {why}" in done.err
    assert len(done.out.splitlines()) == 2


def test_standard_input_is_read_where_no_file_is_named(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{json.dumps(ARTICLES[0])}\n".encode())))
    assert len(marsad("cluster", "--config", desk).out.splitlines()) == 1


def test_an_answer_comes_before_the_next_article(tmp_path: Path) -> None:
    program = [Path(sys.executable).parent / "marsad", "cluster"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for article in ARTICLES:
            process.stdin.write(f"{json.dumps(article)}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == article["id"]
        process.stdin.close()
        assert process.wait() == 0
