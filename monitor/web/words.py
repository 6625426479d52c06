"""Words that the store and the model have in English and pages show: marked here, so that catalogues have them."""

from __future__ import annotations


def say(text: str) -> str:
    """Marks a word for `make messages`; the page translates it."""
    return text


SHOWN = (
    # how a source is doing
    *(say("ok"), say("new"), say("paused"), say("failing"), say("silent"), say("broken"), say("disabled")),
    # how a text resembles a name, and where it stands
    *(say("exact"), say("folded"), say("variant"), say("inflected"), say("proclitic"), say("partial"), say("fuzzy")),
    *(say("headline"), say("body")),
    # messages
    *(say("pending"), say("data"), say("sent"), say("failed"), say("uncertain"), say("dropped")),
    *(say("bounced"), say("superseded")),
    # severities
    *(say("low"), say("normal"), say("urgent")),
    # what is silenced, what fails, and where on its way an article is
    *(say("rule"), say("entity"), say("story"), say("source")),
    *(say("digest"), say("channel"), say("message"), say("recipient"), say("task"), say("feedback"), say("stories")),
    *(say("article"), say("baseline"), say("page"), say("match"), say("silence")),
    # what people did
    *(say("retry"), say("drop"), say("end silence"), say("send digest"), say("end session")),
    *(say("log in"), say("log out"), say("wrong password")),
)
