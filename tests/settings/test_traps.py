"""Every way to get a file wrong that people fall into: each is found at its place, said in words, with what may help.

⟦ stands in front of the place that the problem must name; it is taken out before the file is written.
"""

from __future__ import annotations

import re

import pytest

from monitor.settings.problems import format_problem

ENTITY = "entities:\n  oil:\n    names: "
RULE = "entities:\n  oil: {names: [oil]}\n  gas: {names: [gas]}\nrules:\n  r:\n    "
GROUPS = "entities:\n  oil: {names: [oil]}\ngroups:\n  g: "
DIGEST = "digests:\n  d:\n    to: [sami]\n    "
SOURCE = "sources:\n  - id: a\n    "

ERRORS = [
    # names
    (ENTITY + "[⟦null]", "entities.oil.names[0]  null, expected a name"),
    (ENTITY + "\n      - oil\n      -⟦", "null, expected a name"),
    (ENTITY + "[⟦2024]", 'the number 2024, expected a name; if it is a text, write it in quotes: "2024"'),
    (ENTITY + "[⟦1.5]", "the number 1.5, expected a name"),
    (ENTITY + "[⟦true]", 'the truth value true, expected a name; if it is a text, write it in quotes: "true"'),
    (ENTITY + "[⟦[oil]]", "a list, expected a name"),
    (ENTITY + '[⟦""]', "an empty text, expected a name"),
    (ENTITY + '[⟦"\\u00a0\\u200f"]', "an empty text, expected a name"),
    (ENTITY + "{ar: [⟦بوتين، علييف]}",
     "، (U+060C) inside the name '\u2068بوتين، علييف\u2069'; if these are two names, write"),
    (ENTITY + "[⟦普京、阿利耶夫]", "、 (U+3001) inside the name '普京、阿利耶夫'; if these are two names,"),
    (ENTITY + '[⟦"Пути\\u202eн"]', "the bidi control U+202E (Right-To-Left Override) inside 'Пути<U+202E>н'"),
    (ENTITY + '[⟦"פו\\u200fטין"]', "the bidi control U+200F (Right-To-Left Mark)"),
    (ENTITY + '[⟦"a\\tb"]', "the control character U+0009 inside 'a<U+0009>b'; delete it"),
    (ENTITY + "[⟦Note：oil]", "a full-width colon ： inside the name 'Note：oil'; YAML needs : and a space"),
    (ENTITY + "\n      - ⟦Note: something",
     'a mapping, expected a name; a text with a colon is written in quotes: "Note: something"'),
    (ENTITY + "⟦oil", "the text 'oil', expected a list; write it as a list: [oil]"),
    (ENTITY.replace("names: ", "⟦names:"), "entities.oil.names  null, expected a list"),
    (ENTITY + "{ru: ⟦Нефть}", "the text 'Нефть', expected a list; write it as a list: [Нефть]"),
    (ENTITY + "{⟦russian: [нефть]}",
     "unknown language 'russian', expected a language code such as ar, ru or en; did you mean 'ru'?"),
    (ENTITY + "{⟦ua: [нафта]}",
     "unknown language 'ua', expected a language code such as ar, ru or en; did you mean 'uk'?"),
    (ENTITY + "{⟦xx: [oil]}", "unknown language 'xx'"),
    (ENTITY + "{⟦العربية: [نفط]}",
     "unknown language '\u2068العربية\u2069', expected a language code such as ar, ru or en; did you mean 'ar'?"),
    (ENTITY.replace("names: ", "names：[x]") + "\n    kind⟦: topic",
     "line 3 has a full-width colon ：; write : and a space"),
    # keys
    (ENTITY + "[oil]\n    ⟦knid: topic", "entities.oil.knid  unknown key 'knid'; did you mean 'kind'?"),
    (ENTITY + "[oil]\n    ⟦xyz: 1",
     "unknown key 'xyz'; the keys here are kind, names, short, near, not, territory, include"),
    (ENTITY + "[oil]\n    ⟦names: [gas]", "duplicate key 'names'; it is already in line 3"),
    ("⟦entites:\n  oil: {names: [oil]}", "unknown key 'entites'; did you mean 'entities'?"),
    ("entities:\n  oil: {names: [oil]}\n  ⟦oil: {names: [gas]}", "duplicate key 'oil'; it is already in line 2"),
    ("entities:\n  ⟦2024: {names: [oil]}", 'the key 2024 is a number, not a text; write "2024":'),
    ("entities:\n  ⟦true: {names: [oil]}", 'the key true is true or false, not a text; write "true":'),
    ("entities:\n  ⟦~: {names: [oil]}", "the key ~ is null"),
    ("entities:\n  ? ⟦[a]\n  : {names: [oil]}", "a list or mapping as a key; put the text in quotes"),
    ("entities:\n  oil: {⟦<<: 1, names: [oil]}", "merge keys (<<) are not supported; repeat the keys"),
    ("entities:\n  ⟦oil*: {names: [oil]}",
     "the id 'oil*' contains *, expected an id without * ? [ ]; they are for patterns of ids"),
    ('entities:\n  ⟦"[oil]?": {names: [oil]}', "contains ? [ ]"),
    ('entities:\n  ⟦" ": {names: [oil]}', "an empty text, expected an id"),
    ("entities:\n  oil: ⟦[x]", "a list, expected a mapping (keys with values)"),
    ("entities：\n  oil⟦: x", "line 1 has a full-width colon ：; write : and a space"),
    ("⟦entities", "the text 'entities', expected a mapping (keys with values)"),
    ("⟦rules：", "expected a mapping (keys with values); write : and a space, not the full-width ："),
    # entities
    ("entities:\n  ⟦oil: {kind: topic}", "names or territory is missing; without one of them, the entity cannot be found"),
    (ENTITY + "[oil]\n    kind: ⟦leadr",
     "unknown value 'leadr', expected one of leader, person, region, organisation, topic; did you mean 'leader'?"),
    (ENTITY + "[oil]\n    kind: ⟦5", "the number 5, expected 'leader', 'person', 'region', 'organisation' or 'topic'"),
    (ENTITY + "[oil]\n    territory: ⟦UK",
     "unknown territory 'UK', expected an ISO 3166 code such as AZ; did you mean 'GB'?"),
    (ENTITY + "[oil]\n    territory: ⟦Россия", "unknown territory 'РОССИЯ'"),
    ("entities:\n  ⟦oil: {names: [oil], include: [capital]}", "include needs a territory"),
    (ENTITY + "[oil]\n    near: [⟦gsa]\n  gas: {names: [gas]}",
     "unknown id 'gsa', expected the id of an entity; did you mean 'gas'?"),
    (ENTITY + "[oil]\n    near: [⟦g]\ngroups: {g: [oil]}", "'g' is a group, expected the id of an entity"),
    ("entities:\n  oil: {names: [oil]}\ngroups:\n  ⟦oil: [oil]", "the id 'oil' is taken"),
    # groups
    (GROUPS + "⟦oil", "the text 'oil', expected a list; write it as a list: [oil]"),
    (GROUPS + "⟦[]", "an empty list, expected at least one item"),
    (GROUPS + "[⟦oli]", "unknown id 'oli', expected the id of an entity; did you mean 'oil'?"),
    (GROUPS + "[⟦g]", "'g' is a group, expected the id of an entity"),
    # rules
    (RULE + "all: [⟦oill]", "unknown id 'oill', expected the id of an entity, group or rule; did you mean 'oil'?"),
    (RULE + "all: [{any: [oil, ⟦zzz]}]",
     "unknown id 'zzz', expected the id of an entity, group or rule; to search for a text, write {text: …}"),
    (RULE + "all: [{id: ⟦zzz}]", "unknown id 'zzz'"),
    (RULE + "none: [⟦zzz]\n    any: [oil]", "unknown id 'zzz'"),
    (RULE + "any: [⟦oil، gas]",
     ("unknown id 'oil، gas', expected the id of an entity, group or rule; if these are two ids, write an ASCII "
     "comma instead of ،")),
    (RULE + "any: [⟦text：oil]",
     ("unknown id 'text：oil', expected the id of an entity, group or rule; write : and a space, not the "
     "full-width ：")),
    (RULE + "any: [⟦putin]", "the shipped pack leaders defines it: write packs: [leaders] in marsad.yaml"),
    ("entities:\n  crude: {names: {ru: [Нефть]}}\nrules:\n  r: {any: [⟦нефть]}",
     "unknown id 'нефть', expected the id of an entity, group or rule; that is a name of 'crude'; write its id"),
    (RULE + "any: ⟦oil", "the text 'oil', expected a list; write it as a list: [oil]"),
    (RULE + "any: ⟦[]", "an empty list, expected at least one item"),
    (RULE + "any: [⟦5]", 'the number 5, expected an id; if it is a text, write it in quotes: "5"'),
    (RULE + "any:\n      - ⟦Note: something", 'a text with a colon is written in quotes: "Note: something"'),
    (RULE + "any:\n      - ⟦ملاحظة: شيء", 'a text with a colon is written in quotes: "ملاحظة: شيء"'),
    (RULE + "any: [{⟦txt: oil}]", "unknown key 'txt'; did you mean 'text'?"),
    (RULE + "any: [⟦{text: oil, id: gas}]", "the condition is empty or mixes several kinds, expected one of text, id, or all, any, none, at_least, score and near"),
    (RULE + "any: [⟦{any: [oil], fields: [body]}]", "fields is given beside all, any or none"),
    (RULE + "any: [{text: oil, fields: [⟦title]}]", "unknown value 'title', expected one of headline, body"),
    (RULE.replace("  r:", "  ⟦r:") + "title: x", "all or any is missing; a rule needs at least one condition that must hold"),
    (RULE.replace("  r:", "  ⟦r:") + "none: [oil]", "all or any is missing"),
    (RULE.replace("  r:", "  ⟦r:") + "any: [oil]\n    within: sentence", "within needs all"),
    (RULE + "all: [oil]\n    within: ⟦40",
     ("the number 40 without a unit, expected a number of words (40 words), sentence, paragraph or headline; "
     "write: 40 words")),
    (RULE + "all: [oil]\n    within: ⟦0 words", "'0 words' is not a distance"),
    (RULE + "all: [oil]\n    within: ⟦page", "'page' is not a distance"),
    (RULE + "all: [oil]\n    within: ⟦[page]", "a list, expected a number of words"),
    (RULE + "any: [oil]\n    fields: [⟦tail]", "unknown value 'tail', expected one of headline, body"),
    (RULE + "any: [oil]\n    match: ⟦fuzz",
     "unknown value 'fuzz', expected one of exact, inflected, fuzzy; did you mean 'fuzzy'?"),
    (RULE + "any: [oil]\n    languages: [⟦arabic]",
     "unknown language 'arabic', expected a language code such as ar, ru or en; did you mean 'ar'?"),
    (RULE + "any: [oil]\n    severity: ⟦high", "unknown value 'high', expected one of low, normal, urgent"),
    (RULE + "any: [oil]\n    title: ⟦5", 'the number 5, expected a text; if it is a text, write it in quotes: "5"'),
    (RULE + "any: [oil]\n    sources: [{tag: ⟦caucasuss}]",
     "no source has the tag 'caucasuss'; did you mean 'caucasus'?"),
    (RULE + "any: [oil]\n    sources: [⟦save]", "no source has the id 'save'; did you mean 'saved'?"),
    (RULE + "any: [oil]\n    sources: [⟦caucasus]",
     "no source has the id 'caucasus'; 'caucasus' is a tag: {tag: caucasus}"),
    (RULE + "any: [oil]\n    sources: [{id: ⟦x}]", "no source has the id 'x'"),
    (RULE + "any: [oil]\n    sources: [⟦{}]", "not a source or tag, expected {tag: …} or a source's id"),
    (RULE + "any: [oil]\n    examples:\n      match:\n        - ⟦Note: oil rises",
     'a mapping, expected a text; a text with a colon is written in quotes: "Note: oil rises"'),
    (RULE + "any: [oil]\n    examples:\n      match: [⟦5]", "the number 5, expected a text"),
    (RULE + 'any: [oil]\n    examples:\n      skip: [⟦""]', "an empty text, expected a headline or a text"),
    (RULE + "any: [oil]\n    examples:\n      match:\n        - {headline: x, ⟦bodi: y}",
     "unknown key 'bodi'; did you mean 'body'?"),
    (RULE + "any: [oil]\n    examples:\n      ⟦mach: [x]", "unknown key 'mach'; did you mean 'match'?"),
    (RULE + "any: [⟦r]", "the rules refer to each other in a circle: 'r' → 'r'; remove one of the references"),
    (RULE + "any: [s]\n  s: {all: [t]}\n  t: {any: [oil, {none: [⟦r]}]}", "the rules refer to each other in a circle: 'r' → 's' → 't' → 'r'"),
]  # fmt: skip

OTHER_ERRORS = [
    ("sources", "sources:\n  - ⟦url: https://feeds.example.org/", "sources[0]  'id' is missing"),
    ("sources", "sources:\n  - ⟦id: a", "url or path is missing, expected one of them"),
    ("sources", "sources:\n  - ⟦id: a\n    url: https://feeds.example.org/\n    path: x", "url and path are both given"),
    ("sources", SOURCE + "url: ⟦ftp://feeds.example.org", "'ftp://feeds.example.org' is not a URL that can be fetched"),
    ("sources", SOURCE + "url: ⟦https://u:p@feeds.example.org/", "the URL contains a login before 'feeds.example.org/'"),
    ("sources", SOURCE + "path: x\n    every: ⟦5",
     "the number 5 without a unit, expected a duration such as 500ms, 30s, 5m, 1h or 7d"),
    ("sources", SOURCE + "path: x\n    every: ⟦10ms", "the interval '10ms' is too short, expected auto, or at least 100ms"),
    ("sources", SOURCE + "path: x\n    every: ⟦often", "'often' is not a duration"),
    ("sources", SOURCE + "path: x\n    every: ⟦0s", "the duration '0s' is not greater than zero"),
    ("sources", SOURCE + "path: x\n    every: ⟦999999999999d", "is too long"),
    ("sources", SOURCE + "path: x\n    backfill: ⟦-1",
     "-1 items, expected a number of items, an age such as 24h, or all"),
    ("sources", SOURCE + "path: x\n    backfill: ⟦some",
     "'some' is not a duration, expected a number of items, an age"),
    ("sources", SOURCE + "path: x\n    backfill: ⟦[1]", "a list, expected a duration"),
    ("sources", SOURCE + "path: x\n    fulltext: ⟦allways", "did you mean 'always'?"),
    ("sources", SOURCE + "path: x\n    language: ⟦en_XX", "unknown language 'en-XX'"),
    ("sources", SOURCE + "path: x\n  - {id: ⟦a, path: y}", "the source id 'a' is used twice; the first use is in line 2"),
    ("sources", "sources: ⟦seeds", "the text 'seeds', expected a list"),
    ("digests", "digests:\n  ⟦d: {}", "'to' is missing"),
    ("digests", "digests:\n  d: {to: ⟦sami}", "the text 'sami', expected a list; write it as a list: [sami]"),
    ("digests", "digests:\n  d:\n    to: [⟦samy]",
     "'samy' is neither an e-mail address nor an id under `people:` in marsad.yaml; did you mean 'sami'?"),
    ("digests", "digests:\n  d:\n    to: [⟦Sami <sami@example.org>]",
     "is not an e-mail address: it contains a space; write the address alone"),
    ("digests", "digests:\n  d:\n    to: [⟦desk@example..org]", "has an empty part between its dots"),
    ("digests", "digests:\n  d:\n    to: [⟦desk@exam_ple.org]", "its parts may contain letters, digits and inner hyphens"),
    ("digests", "digests:\n  d:\n    to: [⟦desk@-x.org]", "its parts may contain letters, digits and inner hyphens"),
    ("digests", "digests:\n  d:\n    to: [⟦a..b@x.org]", "before the @, a dot must stand between two other characters"),
    ("digests", "digests:\n  d:\n    to: [⟦a@b@x.org]", "it has more than one @"),
    ("digests", "digests:\n  d:\n    to: ['⟦@x.org']".replace("'⟦", "⟦'"), "the part before the @ is empty"),
    ("digests", "digests:\n  d:\n    to: [⟦a@127.0.0.1]", "its last part is a number"),
    ("digests", DIGEST + "rules: ⟦-karabakh", "put a space after each hyphen: - karabakh"),
    ("digests", DIGEST + "at: ⟦7", 'the number 7, expected a time of day such as "07:00"'),
    ("digests", DIGEST + 'at: ⟦"25:00"', "'25:00' is not a time of day"),
    ("digests", DIGEST + "days: [mon, ⟦tusday]",
     ("'tusday' is not a day, expected one of mon, tue, wed, thu, fri, sat, sun; did you mean 'tuesday' or "
     "'thursday'?")),
    ("digests", DIGEST + "days: [⟦1]", "the number 1, expected one of mon"),
    ("digests", DIGEST + "days: ⟦[]", "an empty list, expected at least one item"),
    ("digests", "digests:\n  ⟦d: {to: [sami], schedule: immediate, at: '07:00'}",
     "schedule is given together with at or days, expected one of them"),
    ("digests", "digests:\n  ⟦d: {to: [sami], report: weekly, schedule: every 2h}",
     "report: weekly is sent once a week, expected one day, or none for Monday"),
    ("digests", "digests:\n  ⟦d: {to: [sami], report: weekly, days: [mon, fri]}", "write days: [fri] and at:"),
    ("digests", DIGEST + "report: ⟦daily", "unknown value 'daily', expected one of weekly"),
    ("digests", DIGEST + "schedule: ⟦imediate",
     ("'imediate' is not a schedule, expected immediate, every 2h, or a crontab line such as \"0 7 * * "
     "sun-thu\"; did you mean 'immediate'?")),
    ("digests", DIGEST + "schedule: ⟦every 2 hrs", "'2 hrs' is not a duration"),
    ("digests", DIGEST + "schedule: ⟦0 25 * * *", "expected immediate, every 2h, or a crontab line"),
    ("digests", DIGEST + "schedule: ⟦0 7 * * * *", "expected immediate, every 2h, or a crontab line"),
    ("digests", DIGEST + "quiet_hours: ⟦22-6", "'22' is not a time of day, expected two times such as \"22:00-06:00\""),
    ("digests", DIGEST + "quiet_hours: ⟦at night", "'at night' is not a span of hours"),
    ("digests", DIGEST + "quiet_hours: ⟦22", "the number 22, expected two times"),
    ("digests", DIGEST + "timezone: ⟦Damascus",
     "unknown time zone 'Damascus', expected an IANA time zone such as Asia/Baku; did you mean 'Asia/Damascus'?"),
    ("digests", DIGEST + "timezone: ⟦Asia/Baky",
     "unknown time zone 'Asia/Baky', expected an IANA time zone such as Asia/Baku; did you mean 'Asia/Baku'?"),
    ("digests", DIGEST + "timezone: ⟦../etc", "unknown time zone"),
    ("digests", DIGEST + "language: ⟦Hebrew",
     "unknown language 'Hebrew', expected a language such as ar, ru or ar-SY; did you mean 'he'?"),
    ("digests", DIGEST + "template: ⟦../digest", "'../digest' is not a template's name"),
    ("digests", DIGEST + "channel: ⟦bax", "unknown channel 'bax'; did you mean 'box'?"),
    ("digests", DIGEST + "rules: [⟦karabah]", "unknown rule 'karabah', expected a rule id or a pattern"),
    ("digests", DIGEST + "empty: ⟦heartbeet", "did you mean 'heartbeat'?"),
    ("digests", DIGEST + "severity: ⟦urgnt", "did you mean 'urgent'?"),
    ("marsad", "config: ⟦2\n",
     "a configuration of version 2, expected config: 1; install a newer Marsad to read it"),
    ("marsad", "config: ⟦one\n", "not a version of the configuration, expected config: 1"),
    ("marsad", "⟦conifg: 1\n", "unknown key 'conifg'; did you mean 'config'?"),
    ("marsad", "store: ⟦mysql://x\n", "'mysql://x' is not a store, expected sqlite or postgresql://HOST/DATABASE"),
    ("marsad", "state: ⟦5\n", "the number 5, expected a text"),
    ("marsad", "packs: [⟦leader]\n", "no pack is called 'leader'; did you mean 'leaders'?"),
    ("marsad", "packs: [⟦../leaders]\n", "no pack is called '../leaders'"),
    ("marsad", "packs: [⟦xyz]\n", "no pack is called 'xyz'; there are: leaders, regions"),
    ("marsad", "retention: {articles: ⟦90}\n", "the number 90 without a unit"),
    ("marsad", "retention: {disk: ⟦5}\n", "the number 5 without a unit, expected a size such as 500MB or 5GB"),
    ("marsad", "retention: {disk: ⟦5 Gigs}\n", "'5 Gigs' is not a size"),
    ("marsad", "retention: {disk: ⟦1KB}\n", "'1KB' is too small, expected at least 10MB"),
    ("marsad", "retention: {disk: ⟦true}\n", "the truth value true, expected a size"),
    ("marsad", "polling: {allow_private: [⟦10.0.0.5]}\n",
     "'10.0.0.5' is not an address with a port, expected host:port, such as 10.0.0.5:8080"),
    ("marsad", 'polling: {allow_private: [⟦"10.0.0.5:99999"]}\n', "is not an address with a port"),
    ("marsad", 'polling: {allow_private: [⟦"169.254.169.254:80"]}\n', "is a cloud's metadata service, which hands out"),
    ("marsad", 'polling: {allow_private: [⟦"[fd00:ec2::254]:80"]}\n', "is a cloud's metadata service, which hands out"),
    ("marsad", 'polling: {allow_private: [⟦"Metadata.Google.Internal:80"]}\n', "expected another address"),
    ("marsad", "people: {sami: {email: ⟦sami}}\n",
     "'sami' is not an e-mail address: it has no @, expected an address such as desk@example.org"),
    ("marsad", "people: ⟦[sami]\n", "a list, expected a mapping (keys with values)"),
    ("marsad", "operator: {to: ⟦nobody}\nchannels: {c: {type: console}}\n", "'nobody' is neither an e-mail address nor an id"),
    ("marsad", "⟦operator: {to: a@example.org}\n",
     "no channel for mail is defined; define one under `channels:` in marsad.yaml"),
    ("marsad", "defaults: {channel: ⟦c}\n", "unknown channel 'c'; there are: none"),
    ("marsad", "channels:\n  c: {type: ⟦smpt}\n",
     "unknown channel type 'smpt', expected one of smtp, maildir, console, feed, exec, apprise; did you mean 'smtp'?"),
    ("marsad", "channels:\n  ⟦c: {host: x}\n", "'type' is missing, expected one of smtp, maildir, console"),
    ("marsad", "channels:\n  ⟦c: {type: maildir}\n", "'path' is missing"),
    ("marsad", "channels:\n  c: {type: maildir, path: m, ⟦paht: x}\n", "unknown key 'paht'; did you mean 'path'?"),
    ("marsad", "channels:\n  ⟦c*: {type: console}\n", "the id 'c*' contains *"),
    ("marsad", "channels:\n  c: ⟦console\n", "the text 'console', expected a mapping (keys with values)"),
]  # fmt: skip

SMTP = "channels:\n  m:\n    type: smtp\n    host: smtp.example.org\n    from: desk@example.org\n    "
SMTP_ERRORS = [
    (SMTP + "tls: ⟦ssl\n", "unknown value 'ssl', expected one of none, starttls, implicit"),
    (SMTP + "tls: ⟦true\n", "the truth value true, expected 'none', 'starttls' or 'implicit'"),
    (SMTP.replace("  m:", "  ⟦m:") + "port: 25\n", "'tls' is missing"),
    (SMTP + "tls: none\n    port: ⟦smtp\n", "the text 'smtp', expected a whole number"),
    (SMTP + "tls: none\n    ⟦host: x\n", "duplicate key 'host'; it is already in line 4"),
    (SMTP + "tls: implicit\n    user: u\n    password: ⟦hunter2\n",
     ("the secret is written in plain text, expected {credential: NAME}, {env: VARIABLE} or {file: PATH}; put it into a file "
     "that only Marsad may read, and change it")),
    (SMTP + "tls: implicit\n    user: u\n    password: ⟦12345\n", "the secret is written in plain text"),
    (SMTP + "tls: implicit\n    user: u\n    ⟦password: {vault: x}\n", "'vault' is not a place where a secret can be"),
    (SMTP + "tls: implicit\n    user: u\n    password: ⟦[]\n", "the place of the secret is missing"),
    (SMTP.replace("  m:", "  ⟦m:") + "tls: implicit\n    user: u\n", "user and password"),
]  # fmt: skip

WARNINGS = [
    ("rules", ENTITY + f"[oil, ⟦{'Организация ' * 7}]", "warning: a name of 83 letters, 'Организация"),
    ("rules", "entities:\n  a: {names: {ru: [Путин]}}\n  b: {names: [⟦путин]}",
     "warning: the name 'путин' belongs to 'a' too ("),
    ("digests", DIGEST + 'rules: [⟦"x-*"]', "warning: no rule matches the pattern 'x-*'"),
    ("digests", "digests:\n  d:\n    to: [⟦desk@localhost]",
     "warning: 'desk@localhost': the domain 'localhost' has no dot; check that the address is complete"),
]  # fmt: skip


def place(marked: str) -> tuple[str, int, int]:
    """The text without its mark, and the line and column where the mark stood."""
    assert marked.count("⟦") == 1
    before = marked[: marked.index("⟦")]
    return marked.replace("⟦", ""), before.count("\n") + 1, len(before) - before.rfind("\n")


def name_trap(value) -> str:
    return re.sub(r"\W+", "-", value[:48]) if isinstance(value, str) and "\n" not in value else ""


@pytest.mark.parametrize(("marked", "text"), ERRORS, ids=name_trap)
def test_a_trap_in_a_rule_file_is_named_at_its_place(find, marked: str, text: str) -> None:
    check_trap(find, "rules", marked, text)


@pytest.mark.parametrize(("name", "marked", "text"), OTHER_ERRORS, ids=name_trap)
def test_a_trap_in_another_file_is_named_at_its_place(find, name: str, marked: str, text: str) -> None:
    check_trap(find, name, marked, text)


@pytest.mark.parametrize(("marked", "text"), SMTP_ERRORS, ids=name_trap)
def test_a_trap_in_a_channel_is_named_at_its_place(find, marked: str, text: str) -> None:
    check_trap(find, "marsad", marked, text)


def check_trap(find, name: str, marked: str, text: str) -> None:
    content, line, column = place(marked)
    problems = find(name, content)
    lines = [format_problem(problem) for problem in problems]
    at = [
        shown
        for shown, problem in zip(lines, problems, strict=True)
        if (problem.line, problem.column) == (line, column)
    ]
    assert [shown for shown in at if text in shown], f"wanted {line}:{column} {text}, got\n" + "\n".join(lines)
    assert any(problem.is_error for problem in problems)
    # One fault is told once: nothing else is said of the file's other places.
    assert len(problems) == 1, lines


@pytest.mark.parametrize(("name", "marked", "text"), WARNINGS, ids=name_trap)
def test_a_doubtful_thing_is_a_warning(find, name: str, marked: str, text: str) -> None:
    content, line, column = place(marked)
    (problem,) = find(name, content)
    assert (problem.line, problem.column, problem.is_error) == (line, column, False)
    assert text in format_problem(problem)


@pytest.mark.parametrize(
    "word", ["no", "on", "yes", "off", "y", "12:30", "2026-11-24", "1_000", "=", "-x", "0o9", "1.2.3"]
)
def test_what_is_only_text_in_yaml_1_2_is_a_name(settle, word: str) -> None:
    settings = settle({"rules/a.yaml": f"entities:\n  norway:\n    names: [{word}]\n  {word}: {{names: [x]}}\n"})
    assert settings.watchlist.entities["norway"].names[0].text == word
    assert word in settings.watchlist.entities


def test_edges_of_names_and_ids_are_stripped(settle) -> None:
    text = 'entities:\n  "\\u200fnews\\u00a0": {names: ["\\u200e بوتين\\u200f\\ufeff ", "\\u00a0אבנט\\u200b"]}\n'
    settings = settle({"rules/a.yaml": text})
    assert [name.text for name in settings.watchlist.entities["news"].names] == ["بوتين", "אבנט"]


def test_joiners_inside_a_name_stay(settle) -> None:
    settings = settle({"rules/a.yaml": 'entities:\n  a: {names: {fa: ["خامنه\\u200cای"]}}\n'})
    assert settings.watchlist.entities["a"].names[0].text == "خامنه\u200cای"


def test_bidi_marks_in_a_pasted_example_are_no_fault(settle) -> None:
    text = RULE + 'any: [oil]\n    examples: {match: ["\\u200fبوتين: \\u202aa\\u202c"]}\n'
    assert settle({"rules/a.yaml": text}).watchlist.rules["r"].examples


def test_a_literal_password_never_appears_in_a_message(find) -> None:
    problems = find("marsad", SMTP + "tls: implicit\n    user: u\n    password: hunter2\n")
    assert problems
    assert not [problem for problem in problems if "hunter2" in format_problem(problem)]
