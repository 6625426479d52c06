"""Bytes to nodes: YAML 1.2, every mark right, and no file that can stop the reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.settings.problems import format_problem
from monitor.settings.yaml import read as reader
from monitor.settings.yaml.decode import MAX_BYTES
from monitor.settings.yaml.document import Document, Mapping, Scalar, to_data
from monitor.settings.yaml.nodes import find_node, list_texts, make_problem, walk
from monitor.settings.yaml.read import read_document

FILE = Path("rules/أخبار.yaml")


def read(text: str | bytes) -> Document:
    return read_document(FILE, text.encode() if isinstance(text, str) else text)


def read_error(text: str | bytes) -> str:
    document = read(text)
    assert document.root is None
    (problem,) = document.problems
    assert problem.is_error
    return format_problem(problem).partition("  ")[2] + f" @{problem.line}:{problem.column}"


def test_scalars_are_yaml_1_2() -> None:
    text = "[no, on, 12:30, 2026-11-24, 1_000, 0o17, 0x1F, 010, -5, 1.5, 1e3, .inf, -.INF,"
    text += " ~, null, '', true, False, \"5\", !!str 5]"
    assert to_data(read(text).root) == [
        "no", "on", "12:30", "2026-11-24", "1_000", 15, 31, 10, -5, 1.5, 1000.0, float("inf"), float("-inf"),
        None, None, "", True, False, "5", "5",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [".nan", ".NaN"])
def test_not_a_number(text: str) -> None:
    assert str(to_data(read(f"a: {text}").root)["a"]) == "nan"


def test_every_node_knows_its_line_and_column() -> None:
    document = read("names:\n  ar:\n    - إلهام علييف\n    - علييف\n  hy: [Փաշինյան, 'Նիկոլ']\n")
    marks = {path: (node.line, node.column) for path, node in walk(document.root)}
    assert marks == {
        "names": (2, 3), "names.ar": (3, 5), "names.ar[0]": (3, 7), "names.ar[1]": (4, 7),
        "names.hy": (5, 7), "names.hy[0]": (5, 8), "names.hy[1]": (5, 18),
    }  # fmt: skip
    key = document.root.entries["names"].value.entries["hy"].key
    assert (key.line, key.column) == (5, 3)


def test_the_mark_counts_letters_not_bytes() -> None:
    document = read("[普京, إلهام علييف, 😀, x]")
    assert [item.column for item in document.root.items] == [2, 6, 19, 22]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null", "\ufeff"])
def test_a_file_may_be_empty(text: str) -> None:
    assert read(text) == Document(file=FILE, root=None)


def test_a_byte_order_mark_is_fine() -> None:
    assert to_data(read(b"\xef\xbb\xbfa: b").root) == {"a": "b"}


def test_lines_may_end_as_on_windows_and_in_tabs() -> None:
    document = read("a:\t\r\n  - b \t\r\n\t\n  - c\t")
    assert to_data(document.root) == {"a": ["b", "c"]}
    assert document.root.entries["a"].value.items[1].line == 4


def test_keys_are_stripped() -> None:
    assert to_data(read('"\\u200fa\\u00a0": b').root) == {"a": "b"}


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("entities:\n  a: {names: {ar: [إلهام علييف]}}", "cp1256"),
        ("entities:\n  a: {names: {ru: [Ильхам Алиев]}}", "cp1251"),
        ("entities:\n  a: {names: {he: [נתניהו]}}", "cp1255"),
        ("entities:\n  a: {names: {fr: [Émile Élysée]}}", "cp1252"),
    ],
)
def test_another_encoding_is_named(content: str, encoding: str) -> None:
    problem = read_error(content.encode(encoding))
    assert problem.startswith(f"is not UTF-8; it looks like {encoding}; save it as UTF-8 in your editor")
    assert " @2:" in problem


def test_bytes_that_are_no_text_are_not_utf_8() -> None:
    assert read_error(b"a: \x81\xfe\x80\x00") == "is not UTF-8; save it as UTF-8 in your editor @1:4"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named(encoding: str) -> None:
    assert read_error("a: b".encode(encoding)) == "is UTF-16, not UTF-8; save it as UTF-8 in your editor @0:0"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a:\n\tb: c", "line 2 is indented with a tab; use spaces @2:1"),
        ("\u00a0 a: b\n  c: d", "line 1 is indented with U+00A0; use spaces @2:4"),
        ("\u3000a: b\n  c: d", "line 1 is indented with U+3000; use spaces @2:4"),
        ("rules：\n  a: b", "line 1 has a full-width colon ：; write : and a space @2:4"),
        ("a: b\nrules： x\nc: d", "line 2 has a full-width colon ：; write : and a space @3:1"),
        ("- x\n- Note: a: b", "a text with a colon in line 2 is written in quotes @2:10"),
        ('- "a" b', "text stands after the closing quote in line 1; put all of it in quotes @1:7"),
        ("a: 'x", "the quote ' that opens here is not closed; write ' at the end of the text @1:4"),
        ('a: "x\nb: ["y"]', 'the quote " that opens here is not closed; write " at the end of the text @1:4'),
        ("- 'it''s\n- b", "the quote ' that opens here is not closed; write ' at the end of the text @1:3"),
        ('a: ["x", "y]\nb: "c"', 'the quote " that opens here is not closed; write " at the end of the text @1:10'),
        ("rules: *", 'a text that begins with * is written in quotes: ["*"] @1:9'),
        ("a: [@x]", "a text that begins with @ in line 1 is written in quotes @1:5"),
        ("a: {b: c\nd: e", "the { that opens here is not closed; write } at the end @1:4"),
        ("a: [x, y\nb: c", "the [ that opens here is not closed; write ] at the end of the list @1:4"),
        ("a: [x y: z: w]", "is not YAML here: "),
        ("a: @x", "is not YAML here: found character '@' that cannot start any token"),
        ("rules: [*]", "is not YAML here"),
        ("rules: [*all]", 'is written in quotes: "*all" @1:9'),
        ("a: \x07", "contains the control character U+0007; delete it @1:4"),
        ("a: b\n---\nc: d", "contains a second YAML document; delete the line --- @3:1"),
        ("a: &a [*a]", "*a refers to no anchor above it"),
    ],
)  # fmt: skip
def test_broken_yaml_says_what_to_do(text: str, problem: str) -> None:
    assert problem in read_error(text)


@pytest.mark.skipif(reader.CParser is not None, reason="the C parser takes tabs")
def test_a_tab_inside_a_text_is_named() -> None:
    assert "line 1 contains a tab; use spaces @1:5" in read_error("a: b\tc")


def test_a_lone_surrogate_is_refused() -> None:
    (problem,) = read('a: [ok, "\\ud800"]').problems
    assert (problem.line, problem.column, problem.what) == (1, 9, "an incomplete character (U+D800)")


def test_duplicates_keep_the_first_value_and_are_all_reported() -> None:
    document = read("a: 1\nb: 2\na: 3\na: 4\n")
    assert to_data(document.root) == {"a": 1, "b": 2}
    assert [problem.line for problem in document.problems] == [3, 4]


def test_an_unknown_tag_is_reported_and_the_rest_read() -> None:
    document = read("a: !python/object x\nb: !!set {c}\nd: !!str 5")
    assert [problem.line for problem in document.problems] == [1, 2]
    assert to_data(document.root)["d"] == "5"


def test_anchors_are_fine() -> None:
    document = read("a: &names [Путин, בוטין]\nb: *names\nc: &x 5\nd: *x")
    assert to_data(document.root) == {"a": ["Путин", "בוטין"], "b": ["Путин", "בוטין"], "c": 5, "d": 5}


def test_a_billion_laughs_are_stopped() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    assert "grows too large through its anchors (& and *) @5:" in read_error("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 60 + "]" * 60, "[" * 60, "{a: " * 60 + "x" + "}" * 60, "[" * 20_000])
def test_depth_is_bounded(text: str) -> None:
    assert "is nested deeper than 50" in read_error(text)


def test_size_is_bounded(tmp_path: Path) -> None:
    said = "MB large, and a file may have 5 MB; split it into several files @0:0"
    assert read_error(b"#" * 19_000_001) == f"is 19.0 {said}"
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(250_000_000_000)
    [problem] = read_document(large, bytes(MAX_BYTES + 1)).problems  # all that is read of it
    assert problem.what == "is 250000.0 MB large, and a file may have 5 MB"


@pytest.mark.parametrize("text", ["[" * 4_900_000, "- " * 2_400_000, "{a: " * 1_200_000])
def test_depth_is_bounded_before_the_rest_is_read(text: str) -> None:
    assert "is nested deeper than 50" in read_error(text)


def test_a_long_text_that_is_repeated_counts_as_many() -> None:
    text = "x" * 100_000
    few, many = (f"a: &a {text}\nb: [{', '.join(['*a'] * count)}]" for count in (90, 110))
    assert len(to_data(read(few).root)["b"]) == 90
    assert "grows too large through its anchors (& and *) @2:" in read_error(many)


@pytest.mark.parametrize("blanks", [" " * 300_000, "\t" * 300_000, " \t" * 150_000])
def test_many_blanks_are_read_as_quickly_as_letters(blanks: str) -> None:
    assert to_data(read(f"a: |\n  x{blanks}y\nb:\t{blanks}\n").root)["b"] is None


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "1" * 41, "0x" + "f" * 100_000, "1." + "0" * 50, "1e" + "9" * 60])
def test_a_number_of_many_digits_is_refused(number: str) -> None:
    [problem] = read(f"a: [5, {number}]").problems
    assert (problem.line, problem.column, problem.what) == (1, 8, f"a number of {len(number)} digits")


def test_a_fault_in_a_large_file_is_found_by_the_parser_that_is_quick() -> None:
    lines = [f"- {{name: 'الاسم {number}'}}" for number in range(reader.MAX_EXPLAINED // 20)]
    said = read_error("\n".join([*lines, "- [x"]))
    assert said.startswith("the [ that opens here is not closed")
    assert said.endswith(f"@{len(lines) + 1}:3")
    said = read_error("\n".join([*lines, "- x\x07"]))
    assert said == f"contains the control character U+0007; delete it @{len(lines) + 1}:4"


@given(st.binary(max_size=200))
def test_any_bytes_give_nodes_or_a_problem(content: bytes) -> None:
    document = read_document(FILE, content)
    for problem in document.problems:
        assert "\n" not in format_problem(problem)
    assert all(node.line >= 1 and node.column >= 1 for _, node in walk(document.root))


@given(st.text(max_size=200))
def test_any_text_gives_nodes_or_a_problem(text: str) -> None:
    document = read_document(FILE, text.encode("utf-8", "surrogatepass"))
    assert document.root is not None or document.problems or not to_data(document.root)


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=12,
)


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_quoted_texts_come_back_with_their_marks(names: list[str]) -> None:
    lines = [f"- '{name.replace(chr(39), chr(39) * 2)}'" for name in names]
    document = read("\n".join(lines))
    assert to_data(document.root) == names
    assert [(item.line, item.column) for item in document.root.items] == [
        (number + 1, 3) for number in range(len(names))
    ]


def show(document: Document) -> object:
    """What a document says, and where everything is that is not empty."""
    if document.root is None:
        return "refused"
    places = [(path, node.line, node.column) for path, node in walk(document.root) if getattr(node, "text", True)]
    return repr(to_data(document.root)), places


PLAIN = st.text(st.sampled_from("ab:- []{}'\"#\n%@،：א1"), max_size=40)
BLOCKS = st.text(st.sampled_from("ab:- '\"|>\n،א1"), max_size=40)


@given(PLAIN | BLOCKS)
def test_the_c_parser_and_the_pure_one_agree(text: str) -> None:
    """But for what only the C parser takes: tabs in plain texts, |#, and odd names of tags and anchors."""
    if reader.CParser is None:
        pytest.skip("needs ruamel.yaml.clib")
    fast = show(read(text))
    parser, reader.CParser = reader.CParser, None
    try:
        assert show(read(text)) == fast
    finally:
        reader.CParser = parser


def test_nodes_are_found_by_their_place() -> None:
    root = read("a:\n  - {b: [c, 5, d]}").root
    assert isinstance(find_node(root, ()), Mapping)
    assert isinstance(find_node(root, ("a", 0, "b", 1)), Scalar)
    assert list(list_texts(root, "a", 0, "b")) == [(0, "c"), (2, "d")]
    for nowhere in (("x",), ("a", 1), ("a", "b"), ("a", 0, "b", 0, "c"), ("a", 0, 0)):
        assert find_node(root, nowhere) is None
    assert find_node(None, ("a",)) is None


def test_a_problem_at_a_place_that_is_not_there_is_shown_above_it() -> None:
    document = read("a:\n  - {b: c}\nd:\n")
    places = [("a", 0, "x"), ("a", 5), ("d", "x", 2), ("x", "y"), ()]
    found = [make_problem(document, place, "") for place in places]
    assert [(one.line, one.column) for one in found] == [(2, 5), (1, 1), (3, 1), (1, 1), (1, 1)]
    assert [one.path for one in found] == ["a[0].x", "a[5]", "d.x[2]", "x.y", ""]
    assert make_problem(read(""), ("x",), "").line == 0
