"""What a digest says in its reader's language. The translations are in monitor/text/locale, as domain `mail`.

The functions `say`, `say_in` and `count` mark a message for `make messages`, which collects them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from monitor.text.catalogue import Catalogue, open_catalogue

DOMAIN = "mail"


@dataclass(frozen=True, slots=True)
class Message:
    """A message in English. `context` tells a short word from the same word elsewhere."""

    text: str
    plural: str = ""
    context: str = ""


def say(text: str) -> Message:
    return Message(text)


def say_in(context: str, text: str) -> Message:
    return Message(text, context=context)


def count(singular: str, plural: str) -> Message:
    """With `{n}` for the number."""
    return Message(singular, plural)


WORDS: Mapping[str, Message | Mapping[str, Message]] = {
    "since": say("since {time}"),
    "nothing": say("Nothing to report since {time}. Marsad is running."),
    "quiet_subject": say("nothing to report"),
    "report_subject": say("how the rules do"),
    "subject": say("{what}: {rest}"),
    "why": say("Why:"),
    "comma": say_in("list", ", "),
    "tiers": {
        "exact": say_in("tier", "exact"),
        "folded": say_in("tier", "folded"),
        "variant": say_in("tier", "variant spelling"),
        "inflected": say_in("tier", "inflected"),
        "proclitic": say_in("tier", "proclitic"),
        "partial": say_in("tier", "partial name"),
        "fuzzy": say_in("tier", "fuzzy"),
    },
    "urgent": say_in("severity", "urgent"),
    "low": say_in("severity", "low"),
    "undated": say("undated, first seen {time}"),
    "untitled": say("(no headline)"),
    "former": say_in("person", "former"),
    "times": say("Times are in {zone}."),
    "footer": say("Sent by Marsad to {address}: digest “{digest}”."),
    "coverage": {
        "broken": say("Cannot be read: {names}."),
        "silent": say("Unusually silent: {names}."),
        "disabled": say("Gone for good, no longer read: {names}."),
        "back": say("Back: {names}."),
        "possible gap": say("Items may have been missed: {names}."),
    },
    "reported": say("reported by {outlets} in {languages}"),
    "developing": say_in("story", "developing"),
    "grown": say("{before} → {outlets} since your last digest"),
    "news": say("New in this story: {facts}"),
    "changed": say("The headline was: {headline}"),
    "repeated": say("Reported before, with further reports of the same:"),
    "same_text": say_in("report", "same text"),
    "continued": say_in("story", "continued"),
    "silence_kinds": {
        "rule": say_in("silence", "rule"),
        "entity": say_in("silence", "entity"),
        "story": say_in("silence", "story"),
        "source": say_in("silence", "source"),
    },
    "trends": {
        "title": say("Articles of each rule in {span}"),
        "count": say("{name}: {articles} in {span}"),
        "usual": say("{name}: {articles} in {span}, usually {usual}"),
        "rose": say("More than usual: {names}."),
        "fell": say("Fewer than usual: {names}."),
        "quality": say("{name}: {relevant} of {stories} relevant, {share} % ({low} to {high} %)"),
        "outage": say("{name}: could not be read for {span}"),
        "sources": say("{sources}: {states}."),
    },
    "states": {
        "ok": say("{n} ok"),
        "stale": say("{n} stale"),
        "failing": say("{n} failing"),
        "failing since": say("{n} failing since {time}"),
        "gone": say("{n} gone for good"),
        "new": say("{n} not read yet"),
        "paused": say("{n} paused"),
    },
    "top_stories": say("Top stories"),
    "other_stories": say("Other stories"),
    "labels": say("What readers said of the stories"),
    "outages": say("Sources that were down"),
    "summary": say("{stories} in one mail: {limit}."),
    "summary_subject": say("Summary ({stories})"),
    "contact": say("To change or stop this digest, write to {address}."),
    "stop": say_in("feedback", "Stop these mails"),
    "relevant": say_in("feedback", "relevant"),
    "not_relevant": say_in("feedback", "not relevant"),
    "mute": say_in("feedback", "not this story again"),
    "signals": {
        "spike": say("Spike: {name}, {articles} in {span}, usually {usual}"),
        "quiet": say("Quiet: no article about {name} for {span}, usually {usual} a day"),
        "first mention": say("First mention of {name} since {date}"),
        "first ever": say("First mention of {name} since the watch began on {date}"),
        "compared": say("Compared with {days} before: median {median}, MAD {mad}."),
        "factor": say("A spike is {factor} times the usual or more."),
        "left out": say("Left out, because they were down: {names}."),
    },
}

COUNTS: Mapping[str, Message] = {
    "stories": count("{n} story", "{n} stories"),
    "in_text": count("{n} more in the plain-text part of this mail", "{n} more in the plain-text part of this mail"),
    "briefly": count("One more story, with headline and link only:", "{n} more stories, with headline and link only:"),
    "outlets": count("{n} outlet", "{n} outlets"),
    "languages": count("{n} language", "{n} languages"),
    "more_reports": count("{n} more report", "{n} more reports"),
    "silenced": count("{n} story was silenced", "{n} stories were silenced"),
    "articles": count("{n} article", "{n} articles"),
    "hours": count("{n} hour", "{n} hours"),
    "days": count("{n} day", "{n} days"),
    "sources": count("{n} source", "{n} sources"),
    "labelled": count("{n} labelled story", "{n} labelled stories"),
    "limit": count("at most {n} mail is sent within an hour", "at most {n} mails are sent within an hour"),
    "signal_count": count("{n} signal", "{n} signals"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a digest in one language; `fixed` are those without a number, by their keys in WORDS."""

    catalogue: Catalogue
    fixed: Mapping[str, Any]

    def fill(self, key: str, **fields: object) -> str:
        return str(self.fixed[key]).format(**fields)

    def pick(self, group: str, key: str, **fields: object) -> str:
        """A message of a group such as `tiers`."""
        return str(self.fixed[group][key]).format(**fields)

    def count(self, key: str, number: int) -> str:
        """The form for a number, with the number in it."""
        message = COUNTS[key]
        return self.catalogue.count(message.text, message.plural, number).format(n=number)


@cache
def find_words(language: str) -> Words:
    """The words for a BCP 47 tag such as ar-SY, by its language; English where there are none."""
    catalogue = open_catalogue(DOMAIN, language)

    def translate(message: Message | Mapping[str, Message]) -> Any:
        if isinstance(message, Message):
            return catalogue.say(message.text, context=message.context)
        return {key: translate(one) for key, one in message.items()}

    return Words(catalogue=catalogue, fixed={key: translate(message) for key, message in WORDS.items()})
