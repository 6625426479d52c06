"""A Digest becomes Messages: templates to text and HTML, then bytes, once. The one door to jinja2.

Runs in a process of its own (digests/process.py): a template may take any time and any memory.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parseaddr
from functools import cache, partial
from pathlib import Path
from typing import Any

import css_inline
import jinja2
import jinja2.sandbox

from monitor.digests.clean import clean_line, clean_run, clean_text, embed, shorten
from monitor.digests.envelope import Envelope
from monitor.digests.model import Order
from monitor.digests.page import Page
from monitor.digests.parts import Writing, write_parts
from monitor.digests.rendered import Rendered
from monitor.digests.sample import ALL, make_sample, make_samples
from monitor.digests.styles import Piece, find_piece, is_escaped, suggest_style
from monitor.errors import UserMustFix
from monitor.model import DigestId, Message, Part, derive_id
from monitor.model.story import Standing

FULL_STORIES = 40
FEWEST_FULL = 5  # however many others there are
CONSOLE = "console/"  # of the web console's pages, which have an environment of their own
LARGEST_HTML = 90 * 1024  # Gmail clips at about 102 kB
LARGEST_PAGE = 600 * 1024  # of an HTML part that has so many headlines that it is clipped anyway
MOST_LINES = 2000  # of the HTML part
LARGEST_OUTPUT = 64 * 1024 * 1024  # characters that one template may write
OVERRIDES = dict.fromkeys(range(0x202A, 0x202F))  # of direction, until the end of a line
LONGEST_SUBJECT = 400  # characters of one that a style writes; Marsad's own are shorter
LONGEST_LABEL = 40  # of a List-Id, where a name longer than 63 is no label

# What a template can do wrong, beside what jinja2 itself finds.
TEMPLATE_ERRORS = (
    jinja2.TemplateError,
    css_inline.InlineError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Sandbox(jinja2.sandbox.SandboxedEnvironment):
    """Remembers which attributes of which types are safe: that depends on nothing else, and takes most of the time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox has it; faster for what a template takes most: values of our types, known to be safe."""
        if self._safe.get((type(obj), attribute)):
            value = getattr(obj, attribute, None)
            if value is not None and not callable(value):  # the sandbox wraps `str.format`
                return value
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        key = (type(obj), attr)
        if key not in self._safe:
            self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return self._safe[key]


class Renderer:
    """Templates are looked for in each of `folders`, the user's first. Raises UserMustFix for one that fails."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._environment = Sandbox(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            autoescape=is_escaped,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"embed": embed, "clean": clean_run}
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)

    def check_files(self) -> tuple[str, ...]:
        """What is wrong with any file, whether a digest names it or not: file, line, what."""
        names = [
            name for name in self._environment.list_templates() if name.endswith(".j2") and not name.startswith(CONSOLE)
        ]
        return _list_problems(partial(self._load, name) for name in names)

    def check(self, template: str) -> tuple[str, ...]:
        """The template, tried out on made-up digests in which everything is there, or lacking: file, line, what."""
        return _list_problems(partial(self.render, order) for order in make_samples(template))

    def leaves_out(self, template: str) -> tuple[str, ...]:
        """What the text part lacks: headlines of `reports`, of which each article has one, or `signals`.

        `check` finds no fault with it.
        """
        order = make_sample(template, [ALL] * len(Standing))
        page = Page(order.digest, order.sending)
        text = self._fill(self._find(template, Piece.TEXT), page.list_text_fields())
        records = (record for story in order.digest.stories for record in story.records)
        told = {
            "reports": all(record.article.headline in text for record in records),
            "signals": all(signal.sentence in text for signal in page.signals),
        }
        return tuple(name for name, is_told in told.items() if not is_told)

    def render(self, order: Order) -> tuple[Part, ...]:
        """The messages to one recipient, one where it is not larger than the limit. The same order, the same bytes."""
        page = Page(order.digest, order.sending)
        write = partial(self._write_message, order)
        return write_parts(
            page, Writing(write=write, limit=order.limit, whole=order.digest.id, replaces=order.replaces)
        )

    def _write_message(self, order: Order, page: Page, key: DigestId, *, html: bool = True) -> Message:
        digest, sending = order.digest, order.sending
        envelope = Envelope(
            key=key,
            sender=sending.sender,
            recipient=digest.recipient.email,
            subject=self._write_subject(digest.template, page),
            at=digest.built_at,
            language=page.language,
            list_name=make_label(digest.name),
            unsubscribe=sending.unsubscribe,
            thread=digest.thread,
        )
        form = sending.form
        text = self._fill(self._find(form.template or digest.template, Piece.TEXT), page.list_text_fields())
        has_html = html and form.template is None
        page_html = self._render_html(digest.template, page) if has_html else None
        rendered = Rendered(envelope=envelope, digest=digest.name, text=text, html=page_html)
        return Message(
            id=key,
            message_id=envelope.message_id,
            channel=sending.channel,
            sender=parseaddr(sending.sender)[1],
            recipient=digest.recipient.email,
            content=form.compose(rendered),
        )

    def _find(self, style: str, piece: Piece) -> str:
        return find_piece(self._folders, style, piece)

    def _write_subject(self, style: str, page: Page) -> str:
        """On one line, without what could turn the text around it; isolates close themselves."""
        written = clean_text(self._fill(self._find(style, Piece.SUBJECT), page.list_text_fields()))
        return shorten(" ".join(written.translate(OVERRIDES).split()), LONGEST_SUBJECT)

    def _render_html(self, template: str, page: Page) -> str:
        """As many stories in full as fit beside a line for each of the others.

        Where the lines alone are too many, a mail program clips the page anyway: then it has a few stories in full,
        and as many lines as is bearable. The text part has every headline.
        """
        total, name = len(page.stories), self._find(template, Piece.HTML)

        @cache
        def fill(full: int, brief: int) -> str:
            return self._inline(name, page.list_html_fields(full, brief))

        def measure(full: int, brief: int) -> int:
            return len(fill(full, brief).encode())

        def count_lines(full: int) -> int:
            return min(total - full, MOST_LINES)

        def fits(full: int) -> bool:
            return measure(full, count_lines(full)) <= LARGEST_HTML

        most = min(FULL_STORIES, total)
        full = find_most(most, fits) if fits(most) or fits(0) else 0
        if full < FEWEST_FULL:
            full = find_most(min(FEWEST_FULL, total), lambda most: measure(most, 0) <= LARGEST_HTML)
        largest = max(LARGEST_PAGE, measure(full, 0))
        return fill(full, find_most(count_lines(full), lambda most: measure(full, most) <= largest))

    def _load(self, name: str) -> None:
        try:
            self._environment.get_template(name)
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(_explain(name, error)) from error

    def _fill(self, name: str, fields: Mapping[str, Any]) -> str:
        """Stops a template that writes without end."""
        written, size = [], 0
        try:
            for text in self._environment.get_template(name).generate(fields):
                written.append(text)
                size += len(text)
                if size > LARGEST_OUTPUT:
                    raise UserMustFix(f"templates/{name}: it writes more than {LARGEST_OUTPUT // 1024**2} MB")
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(self._explain_use(name, error)) from error
        return "".join(written)

    def _explain_use(self, name: str, error: Exception) -> str:
        """With the near ones of a style that is not there."""
        is_missing = isinstance(error, jinja2.TemplateNotFound) and error.name == name
        hint = suggest_style(self._folders, name.partition("/")[0]) if is_missing else ""
        return f"{_explain(name, error)}{hint and f'; {hint}'}"

    def _inline(self, name: str, fields: Mapping[str, Any]) -> str:
        page = self._fill(name, fields)
        try:
            return self._inliner.inline(page)
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(_explain(name, error)) from error


_OUR_TYPE = re.compile(r"'monitor\.[\w.]*?([A-Z][a-z]+)(?:View)? object'")  # jinja2 quotes the class of a story


def _list_problems(trials: Iterable[Callable[[], object]]) -> tuple[str, ...]:
    """What each trial that fails says, once."""
    problems: dict[str, None] = {}
    for trial in trials:
        try:
            trial()
        except UserMustFix as problem:
            problems[str(problem)] = None
    return tuple(problems)


def _explain(name: str, error: Exception) -> str:
    """One line: file, line, what."""
    if isinstance(error, jinja2.TemplateNotFound):
        folder = "the folder templates/"
        if error.name == name:
            return f"there is no template {name} in {folder}; a digest names it by `template:`"
        return f"templates/{name}: it includes {error.name}, which is not in {folder}"
    file, line = _locate(name, error)
    return f"{file}{f':{line}' if line else ''}: {_describe(error)}"


def _describe(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it needs more memory than a template may use (512 MB)"
    said = (error.message or "") if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {error}"
    return clean_line(_OUR_TYPE.sub(lambda found: f"a {found[1].lower()}", said))


def _locate(name: str, error: Exception) -> tuple[str, int | None]:
    """Where in which template; jinja2 writes its line numbers into tracebacks."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or f"templates/{name}", error.lineno
    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
    for frame in reversed(frames):
        if frame.filename.endswith(".j2"):
            return frame.filename, frame.lineno
    return f"templates/{name}", None


def find_most(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, 0 when none does; no larger one fits than one that does not."""
    if fits(most):
        return most
    fitting, bursting = 0, most
    while bursting - fitting > 1:
        middle = (fitting + bursting) // 2
        fitting, bursting = (middle, bursting) if fits(middle) else (fitting, middle)
    return fitting


def make_label(name: str) -> str:
    """A digest's name as a List-Id label: ASCII letters, digits, hyphens; still its own when letters were lost."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in name).strip("-").lower()
    if label == name.lower() and len(label) <= LONGEST_LABEL:
        return label
    return f"{label[:LONGEST_LABEL] or 'digest'}-{derive_id(name)[:6]}"
