-- A store of schema 0006, as the version before faults (commit 4d92fed) wrote it through its ports on SQLite 3.40.1:
-- three subscriptions, five matches, and an outbox with an entry in each state; written out by sqlite3's iterdump.
-- The 'data' entry was handed over when the link broke; the failed one was refused at its recipient.
PRAGMA auto_vacuum = INCREMENTAL;
BEGIN TRANSACTION;
CREATE TABLE articles (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	source TEXT NOT NULL, 
	keys JSON NOT NULL, 
	headline TEXT NOT NULL, 
	body TEXT NOT NULL, 
	tail TEXT NOT NULL, 
	url TEXT, 
	language TEXT, 
	outlet TEXT, 
	published_at BIGINT, 
	first_seen_at BIGINT NOT NULL, 
	content_hash TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "articles" VALUES(1,'a','wire','["guid a"]','بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ','Text.','',NULL,NULL,NULL,NULL,1795176000000000,'7b345448a86fccba71f89f04',86);
INSERT INTO "articles" VALUES(2,'b','wire','["guid b"]','Aliyev receives the envoy','Text.','',NULL,NULL,NULL,NULL,1795176000000000,'a61132eebdd08831392ed431',30);
INSERT INTO "articles" VALUES(3,'c','wire','["guid c"]','Пашинян едет в Баку','Text.','',NULL,NULL,NULL,NULL,1795176000000000,'de3c85bcf4e4441892a367cd',40);
INSERT INTO "articles" VALUES(4,'d','wire','["guid d"]','普京与阿利耶夫通电话','Text.','',NULL,NULL,NULL,NULL,1795176000000000,'781352a6569ec3d819339bd9',35);
INSERT INTO "articles" VALUES(5,'e','wire','["guid e"]','Talks begin in Baku','Text.','',NULL,NULL,NULL,NULL,1795176000000000,'81ecaf765604681a758c16fc',24);
CREATE TABLE awaited_pages (
	article TEXT NOT NULL, 
	source TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	next_try_at BIGINT NOT NULL, 
	touched_at BIGINT NOT NULL, 
	tries INTEGER NOT NULL, 
	last_error TEXT, 
	PRIMARY KEY (article)
);
CREATE TABLE digests (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	slot TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	template TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	built_at BIGINT NOT NULL, 
	cursor BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "digests" VALUES('652bc7c63b73a6d40f7d3603','now','sami@example.org','after match 1','scheduled','digest',1795089600000000,1795176060000000,1);
INSERT INTO "digests" VALUES('c841f4a3e554e75028ac0071','now','lina@example.org','after match 1','scheduled','digest',1795089600000000,1795176060000000,1);
INSERT INTO "digests" VALUES('d9be955114dc9dac3c0e14ed','now','sami@example.org','after match 2','scheduled','digest',1795089600000000,1795176660000000,2);
INSERT INTO "digests" VALUES('723e961215dbdcd7e7152861','now','sami@example.org','after match 3','scheduled','digest',1795089600000000,1795177260000000,3);
INSERT INTO "digests" VALUES('c6e7dc9a0fd5c323115b9df1','now','lina@example.org','after match 3','scheduled','digest',1795089600000000,1795177260000000,3);
CREATE TABLE marsad_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT marsad_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "marsad_version" VALUES('0006');
CREATE TABLE matches (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	rule TEXT NOT NULL, 
	article TEXT NOT NULL, 
	title TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	score INTEGER NOT NULL, 
	matched_at BIGINT NOT NULL, 
	evidence JSON NOT NULL, 
	headline TEXT, 
	body TEXT, 
	CONSTRAINT one_match_per_rule_and_article UNIQUE (article, rule)
);
INSERT INTO "matches" VALUES(1,'karabakh','a','Karabakh','urgent',100,1795176000000000,'[{"entity":null,"term":"بوتين","field":"headline","start":0,"end":5,"text":"بوتين","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(2,'karabakh','b','Karabakh','normal',100,1795176600000000,'[{"entity":null,"term":"Aliye","field":"headline","start":0,"end":5,"text":"Aliye","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(3,'karabakh','c','Karabakh','normal',100,1795177200000000,'[{"entity":null,"term":"Пашин","field":"headline","start":0,"end":5,"text":"Пашин","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(4,'karabakh','d','Karabakh','normal',100,1795177800000000,'[{"entity":null,"term":"普京与阿利","field":"headline","start":0,"end":5,"text":"普京与阿利","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(5,'karabakh','e','Karabakh','normal',100,1795177800000000,'[{"entity":null,"term":"Talks","field":"headline","start":0,"end":5,"text":"Talks","tier":"exact","score":100}]',NULL,NULL);
CREATE TABLE outbox (
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	content BLOB NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	reply TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	next_attempt_at BIGINT NOT NULL, 
	sent_at BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "outbox" VALUES('652bc7c63b73a6d40f7d3603','now','<652bc7c63b73a6d40f7d3603@example.org>','mail','marsad@example.org','sami@example.org',X'4D6573736167652D49443A203C73656E74406578616D706C652E6F72673E0D0A5375626A6563743A2073656E740D0A0D0A0073656E740D0A','sent',1,'250 2.0.0 kept',1795176060000000,1795176420000000,1795176120000000);
INSERT INTO "outbox" VALUES('c841f4a3e554e75028ac0071','now','<c841f4a3e554e75028ac0071@example.org>','mail','marsad@example.org','lina@example.org',X'4D6573736167652D49443A203C6661696C6564406578616D706C652E6F72673E0D0A5375626A6563743A206661696C65640D0A0D0A006661696C65640D0A','failed',1,'550 5.1.1 no such user',1795176060000000,1795176420000000,NULL);
INSERT INTO "outbox" VALUES('d9be955114dc9dac3c0e14ed','now','<d9be955114dc9dac3c0e14ed@example.org>','mail','marsad@example.org','sami@example.org',X'4D6573736167652D49443A203C64617461406578616D706C652E6F72673E0D0A5375626A6563743A20646174610D0A0D0A00646174610D0A','data',1,'the link broke after DATA',1795176660000000,1795176750000000,NULL);
INSERT INTO "outbox" VALUES('723e961215dbdcd7e7152861','now','<723e961215dbdcd7e7152861@example.org>','mail','marsad@example.org','sami@example.org',X'4D6573736167652D49443A203C70656E64696E67406578616D706C652E6F72673E0D0A5375626A6563743A2070656E64696E670D0A0D0A0070656E64696E670D0A','pending',1,'451 4.3.0 try later',1795177260000000,1795178220000000,NULL);
INSERT INTO "outbox" VALUES('c6e7dc9a0fd5c323115b9df1','now','<c6e7dc9a0fd5c323115b9df1@example.org>','mail','marsad@example.org','lina@example.org',X'4D6573736167652D49443A203C64726F70706564406578616D706C652E6F72673E0D0A5375626A6563743A2064726F707065640D0A0D0A0064726F707065640D0A','dropped',0,'',1795177260000000,1795177380000000,NULL);
INSERT INTO "outbox" VALUES('notice','operator','<notice@example.org>','mail','marsad@example.org','ops@example.org',X'4D6573736167652D49443A203C6E6F74696365406578616D706C652E6F72673E0D0A5375626A6563743A206E6F746963650D0A0D0A006E6F746963650D0A','pending',0,'',1795177500000000,1795177500000000,NULL);
CREATE TABLE outbox_items (
	match_seq BIGINT NOT NULL, 
	recipient TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	story TEXT NOT NULL, 
	PRIMARY KEY (match_seq, recipient), 
	FOREIGN KEY(match_seq) REFERENCES matches (seq), 
	FOREIGN KEY(digest) REFERENCES digests (id)
);
INSERT INTO "outbox_items" VALUES(1,'sami@example.org','652bc7c63b73a6d40f7d3603','1');
INSERT INTO "outbox_items" VALUES(1,'lina@example.org','c841f4a3e554e75028ac0071','1');
INSERT INTO "outbox_items" VALUES(2,'sami@example.org','d9be955114dc9dac3c0e14ed','2');
INSERT INTO "outbox_items" VALUES(3,'sami@example.org','723e961215dbdcd7e7152861','3');
INSERT INTO "outbox_items" VALUES(2,'lina@example.org','c6e7dc9a0fd5c323115b9df1','2');
INSERT INTO "outbox_items" VALUES(3,'lina@example.org','c6e7dc9a0fd5c323115b9df1','3');
CREATE TABLE poll_states (
	source TEXT NOT NULL, 
	next_poll_at BIGINT NOT NULL, 
	last_polled_at BIGINT, 
	last_success_at BIGINT, 
	failures INTEGER NOT NULL, 
	last_error TEXT, 
	baseline_done BOOLEAN NOT NULL, configured_url TEXT, url TEXT, moved_to TEXT, moved_at BIGINT, moved_polls INTEGER DEFAULT '0' NOT NULL, gone_at BIGINT, disabled TEXT, not_before BIGINT, audited_at BIGINT, has_broken_validators BOOLEAN DEFAULT 0 NOT NULL, has_answered_304 BOOLEAN DEFAULT 0 NOT NULL, arrivals FLOAT DEFAULT '0' NOT NULL, arrivals_since BIGINT, last_arrival_at BIGINT, halvings INTEGER DEFAULT '0' NOT NULL, possible_gap_at BIGINT, ttl BIGINT, has_unstable_guids BOOLEAN DEFAULT 0 NOT NULL, seen_items BLOB, revision BIGINT DEFAULT '0' NOT NULL, leased_by TEXT, leased_until BIGINT, 
	PRIMARY KEY (source)
);
INSERT INTO "poll_states" VALUES('wire',1795178700000000,1795177800000000,1795177800000000,0,NULL,1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,0,0,0.0,NULL,NULL,0,NULL,NULL,0,NULL,4,NULL,NULL);
CREATE TABLE seen_keys (
	source TEXT NOT NULL, 
	key_hash TEXT NOT NULL, 
	article TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	held BOOLEAN NOT NULL, 
	last_listed_at BIGINT NOT NULL, 
	PRIMARY KEY (source, key_hash)
)
 WITHOUT ROWID

;
INSERT INTO "seen_keys" VALUES('wire','408aa641a5bd70fcec84360f','d','781352a6569ec3d819339bd9',0,1795177800000000);
INSERT INTO "seen_keys" VALUES('wire','4eccc88edfad74e0fceb0553','c','de3c85bcf4e4441892a367cd',0,1795177200000000);
INSERT INTO "seen_keys" VALUES('wire','57d374f7e46bcc6ad7869bd5','b','a61132eebdd08831392ed431',0,1795176600000000);
INSERT INTO "seen_keys" VALUES('wire','ae11dd75df3f84d8bf7abb36','e','81ecaf765604681a758c16fc',0,1795177800000000);
INSERT INTO "seen_keys" VALUES('wire','dffb9b218e46ae0a1d0b6d85','a','7b345448a86fccba71f89f04',0,1795176000000000);
CREATE TABLE source_events (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	detail TEXT NOT NULL
);
CREATE TABLE subscriptions (
	digest TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	cursor BIGINT NOT NULL, 
	started_at BIGINT NOT NULL, 
	last_slot_at BIGINT, 
	last_used_at BIGINT NOT NULL, events_told BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (digest, recipient)
);
INSERT INTO "subscriptions" VALUES('now','sami@example.org',3,1795089600000000,1795177260000000,1795177260000000,0);
INSERT INTO "subscriptions" VALUES('now','lina@example.org',3,1795089600000000,1795177260000000,1795177260000000,0);
INSERT INTO "subscriptions" VALUES('morning','sami@example.org',0,1795089600000000,NULL,1795089600000000,0);
CREATE TABLE suppressions (
	reason TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	day DATE NOT NULL, 
	count BIGINT NOT NULL, 
	PRIMARY KEY (reason, subject, day)
);
CREATE TABLE validators (
	source TEXT NOT NULL, 
	location_hash TEXT NOT NULL, 
	location TEXT NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	body_hash TEXT, 
	PRIMARY KEY (source, location_hash)
);
CREATE INDEX ix_poll_states_next_poll_at ON poll_states (next_poll_at);
CREATE INDEX ix_seen_keys_last_listed_at ON seen_keys (last_listed_at);
CREATE INDEX ix_articles_first_seen_at ON articles (first_seen_at);
CREATE INDEX ix_digests_built_at ON digests (built_at);
CREATE INDEX ix_outbox_items_digest ON outbox_items (digest);
CREATE INDEX outbox_by_state ON outbox (state, created_at);
CREATE INDEX ix_poll_states_last_polled_at ON poll_states (last_polled_at);
CREATE INDEX ix_awaited_pages_next_try_at ON awaited_pages (next_try_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('articles',5);
INSERT INTO "sqlite_sequence" VALUES('matches',5);
COMMIT;
