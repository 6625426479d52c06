-- A store of schema 0008, as the version before stories (commit 858ff2b) wrote it through its ports on SQLite 3.40.1:
-- two subscriptions and four matches, three of which were reported to one of the two recipients; written out by
-- sqlite3's iterdump. The first match is ten days older than the others. All texts are ours.
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
INSERT INTO "articles" VALUES(1,'flood','wire','["guid flood"]','Flood closes the harbour of Odesa','Water stood a metre high on Monday, the harbour master said.','','https://example.org/flood','en','Courier',1794312000000000,1794312000000000,'26344495eb793dc70a41f4f3',93);
INSERT INTO "articles" VALUES(2,'call-en','wire','["guid call-en"]','Putin and Aliyev discuss Karabakh by phone','The presidents of Russia and Azerbaijan spoke about 1,960 peacekeepers.','','https://example.org/call-en','en','Courier',1795176000000000,1795176000000000,'a44a03404cb09fbc9847a8cd',113);
INSERT INTO "articles" VALUES(3,'truce','wire','["guid truce"]','Truce holds in Khartoum for a second day','Residents left their homes to buy bread, aid workers said.','','https://example.org/truce','en','Courier',1795176000000000,1795176000000000,'763c52fd8576bcf8e09af99b',98);
INSERT INTO "articles" VALUES(4,'call-ar','wire','["guid call-ar"]','بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ','بحث الرئيسان الروسي والأذربيجاني هاتفيا وضع 1960 من قوات حفظ السلام في قره باغ.','','https://example.org/call-ar','ar','Wakala',1795176000000000,1795176000000000,'301c81a1b217c8520f434614',221);
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
	cursor BIGINT NOT NULL, events_after BIGINT DEFAULT '0' NOT NULL, events_until BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "digests" VALUES('0336fe3d9eac3406b88c2873','now','sami@example.org','matches 1','immediate','digest',1794225600000000,1795176000000000,3,0,0);
CREATE TABLE faults (
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	count INTEGER NOT NULL, 
	retry_at BIGINT, 
	reported_at BIGINT, 
	ended_at BIGINT, 
	PRIMARY KEY (kind, subject)
);
CREATE TABLE marsad_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT marsad_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "marsad_version" VALUES('0008');
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
INSERT INTO "matches" VALUES(1,'watch','flood','Watch','normal',100,1794312000000000,'[{"entity":"odesa","term":"Odesa","field":"headline","start":28,"end":33,"text":"Odesa","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(2,'watch','call-en','Watch','normal',100,1795176000000000,'[{"entity":"putin","term":"Putin","field":"headline","start":0,"end":5,"text":"Putin","tier":"exact","score":100},{"entity":"aliyev","term":"Aliyev","field":"headline","start":10,"end":16,"text":"Aliyev","tier":"exact","score":100},{"entity":"karabakh","term":"Karabakh","field":"headline","start":25,"end":33,"text":"Karabakh","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(3,'watch','truce','Watch','normal',100,1795176000000000,'[{"entity":"khartoum","term":"Khartoum","field":"headline","start":15,"end":23,"text":"Khartoum","tier":"exact","score":100}]',NULL,NULL);
INSERT INTO "matches" VALUES(4,'watch','call-ar','Watch','normal',100,1795183200000000,'[{"entity":"putin","term":"بوتين","field":"headline","start":0,"end":5,"text":"بوتين","tier":"exact","score":100},{"entity":"aliyev","term":"علييف","field":"headline","start":7,"end":12,"text":"علييف","tier":"exact","score":100},{"entity":"karabakh","term":"قره باغ","field":"headline","start":37,"end":44,"text":"قره باغ","tier":"exact","score":100}]',NULL,NULL);
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
	sent_at BIGINT, hand_overs INTEGER DEFAULT '0' NOT NULL, breaks INTEGER DEFAULT '0' NOT NULL, urgency INTEGER DEFAULT '0' NOT NULL, retried_at BIGINT, refusal TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "outbox" VALUES('0336fe3d9eac3406b88c2873','now','<0336fe3d9eac3406b88c2873@example.org>','mail','marsad@example.org','sami@example.org',X'5375626A6563743A20746F6C640D0A0D0A780D0A','pending',0,'',1795176000000000,1795176000000000,NULL,0,0,1,NULL,NULL);
CREATE TABLE outbox_items (
	match_seq BIGINT NOT NULL, 
	recipient TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	story TEXT NOT NULL, message TEXT, 
	PRIMARY KEY (match_seq, recipient), 
	FOREIGN KEY(match_seq) REFERENCES matches (seq), 
	FOREIGN KEY(digest) REFERENCES digests (id)
);
INSERT INTO "outbox_items" VALUES(1,'sami@example.org','0336fe3d9eac3406b88c2873','flood','0336fe3d9eac3406b88c2873');
INSERT INTO "outbox_items" VALUES(2,'sami@example.org','0336fe3d9eac3406b88c2873','call-en','0336fe3d9eac3406b88c2873');
INSERT INTO "outbox_items" VALUES(3,'sami@example.org','0336fe3d9eac3406b88c2873','truce','0336fe3d9eac3406b88c2873');
CREATE TABLE poll_states (
	source TEXT NOT NULL, 
	next_poll_at BIGINT NOT NULL, 
	last_polled_at BIGINT, 
	last_success_at BIGINT, 
	failures INTEGER NOT NULL, 
	last_error TEXT, 
	baseline_done BOOLEAN NOT NULL, configured_url TEXT, url TEXT, moved_to TEXT, moved_at BIGINT, moved_polls INTEGER DEFAULT '0' NOT NULL, gone_at BIGINT, disabled TEXT, not_before BIGINT, audited_at BIGINT, has_broken_validators BOOLEAN DEFAULT 0 NOT NULL, has_answered_304 BOOLEAN DEFAULT 0 NOT NULL, arrivals FLOAT DEFAULT '0' NOT NULL, arrivals_since BIGINT, last_arrival_at BIGINT, halvings INTEGER DEFAULT '0' NOT NULL, possible_gap_at BIGINT, ttl BIGINT, has_unstable_guids BOOLEAN DEFAULT 0 NOT NULL, seen_items BLOB, revision BIGINT DEFAULT '0' NOT NULL, leased_by TEXT, leased_until BIGINT, oldest_listed_at BIGINT, has_former_keys BOOLEAN DEFAULT 1 NOT NULL, has_former_listing BOOLEAN DEFAULT 1 NOT NULL, 
	PRIMARY KEY (source)
);
INSERT INTO "poll_states" VALUES('wire',1794225600000000,NULL,NULL,0,NULL,0,'https://example.org/feed',NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,0,0,0.0,NULL,NULL,0,NULL,NULL,0,NULL,3,NULL,NULL,NULL,0,0);
CREATE TABLE recipients (
	address TEXT NOT NULL, 
	refusals INTEGER DEFAULT '0' NOT NULL, 
	first_refused_at BIGINT, 
	last_refused_at BIGINT, 
	reply TEXT NOT NULL, 
	suspended_at BIGINT, 
	paused_at BIGINT, 
	paused_until BIGINT, 
	PRIMARY KEY (address)
);
CREATE TABLE seen_keys (
	source TEXT NOT NULL, 
	key_hash TEXT NOT NULL, 
	article TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	held BOOLEAN NOT NULL, 
	last_listed_at BIGINT NOT NULL, guid BIGINT, page BIGINT, headline BIGINT, text BIGINT, published_at BIGINT, is_shared BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (source, key_hash)
)
 WITHOUT ROWID

;
INSERT INTO "seen_keys" VALUES('wire','a75549d9670f9f777e87d477','call-ar','301c81a1b217c8520f434614',0,1795183200000000,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "seen_keys" VALUES('wire','b41e4cfa7ec4b78a1f92447e','call-en','a44a03404cb09fbc9847a8cd',0,1795176000000000,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "seen_keys" VALUES('wire','f58f7efc67f1dc51e394a219','truce','763c52fd8576bcf8e09af99b',0,1795176000000000,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "seen_keys" VALUES('wire','fd52c86ecac876eafab19b99','flood','26344495eb793dc70a41f4f3',0,1794312000000000,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE source_events (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	detail TEXT NOT NULL
);
CREATE TABLE store_facts (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "store_facts" VALUES('id','a1a7a597d58a4782bbe599bb87843b26');
CREATE TABLE subscriptions (
	digest TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	cursor BIGINT NOT NULL, 
	started_at BIGINT NOT NULL, 
	last_slot_at BIGINT, 
	last_used_at BIGINT NOT NULL, events_told BIGINT DEFAULT '0' NOT NULL, last_mail_at BIGINT, 
	PRIMARY KEY (digest, recipient)
);
INSERT INTO "subscriptions" VALUES('now','sami@example.org',3,1794225600000000,1795176000000000,1795176000000000,0,1795176000000000);
INSERT INTO "subscriptions" VALUES('weekly','lina@example.org',0,1794225600000000,NULL,1794225600000000,0,NULL);
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
CREATE INDEX outbox_by_turn ON outbox (state, channel, breaks, urgency, created_at, id, next_attempt_at, retried_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('articles',4);
INSERT INTO "sqlite_sequence" VALUES('matches',4);
COMMIT;
