"""An article's page that is still to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.model.identity import ArticleId
from monitor.model.source import SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """A page whose time has come, without its article's text. `version` is the store's own.

    `moment` is when the article was published, or first seen where that is earlier or not known; `touched_at` is when
    the page was queued, or tried last.
    """

    article: ArticleId
    source: SourceId
    url: str
    version: str
    due_at: datetime
    touched_at: datetime
    moment: datetime
