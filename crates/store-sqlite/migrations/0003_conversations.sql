-- Channels, the conversations that come in through them, who is signed in, and what a search looks at.

ALTER TABLE company ADD COLUMN conversations_made INTEGER NOT NULL DEFAULT 0; -- how many conversations it ever had
ALTER TABLE company ADD COLUMN messages_made INTEGER NOT NULL DEFAULT 0;      -- how many messages
ALTER TABLE company ADD COLUMN searched INTEGER NOT NULL DEFAULT 0;           -- the last entry that `search` knows

-- Which entries are about a contact, but for its first, which its record names.
CREATE TABLE history (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, contact, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO history
    SELECT company, contact, seq FROM (
        SELECT company, seq, body ->> '$.change.observed.home' AS contact FROM journal
        UNION SELECT company, seq, body ->> '$.change.merged.kept' FROM journal
        UNION SELECT company, seq, body ->> '$.change.merged.joined' FROM journal
        UNION SELECT company, seq, body ->> '$.change.split.parted' FROM journal
        UNION SELECT company, seq, body ->> '$.change.removed.contact' FROM journal
    ) WHERE contact IS NOT NULL;

UPDATE contact SET body = json_set(body, '$.first',
    (SELECT min(seq) FROM history WHERE history.company = contact.company AND history.contact = contact.contact));

DELETE FROM history WHERE seq =
    (SELECT body ->> '$.first' FROM contact WHERE contact.company = history.company AND contact.contact = history.contact);

CREATE TABLE channel (
    company INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    type TEXT NOT NULL,                -- email, sms or custom
    address TEXT NOT NULL,             -- what is compared
    text TEXT NOT NULL,                -- what is shown
    token TEXT,                        -- what signs the requests of whoever delivers its messages
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company, channel),
    UNIQUE (company, type, address)
) STRICT, WITHOUT ROWID;

-- Mail is brought to a channel by its address alone.
CREATE UNIQUE INDEX channel_mailbox ON channel (address) WHERE type = 'email';

CREATE TABLE conversation (
    company INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    home INTEGER NOT NULL,             -- the contact that is home to who started it
    changed INTEGER NOT NULL,          -- the entry of its last message
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, conversation)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_changed ON conversation (company, changed);
CREATE INDEX conversation_home ON conversation (company, home, changed);

-- What later messages of a channel can name a message by.
CREATE TABLE mark (
    company INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    mark TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    message INTEGER NOT NULL,          -- the last with this mark
    PRIMARY KEY (company, channel, mark)
) STRICT, WITHOUT ROWID;

-- What the messages of the journal say.
CREATE TABLE message (
    company INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    message INTEGER NOT NULL,
    at INTEGER NOT NULL,
    home INTEGER NOT NULL,             -- the contact that is home to its sender
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, conversation, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    company INTEGER NOT NULL,
    attachment INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (company, attachment)
) STRICT;

CREATE TABLE session (
    company INTEGER NOT NULL,
    token BLOB NOT NULL,               -- SHA-256 of what the browser holds
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (company, token)
) STRICT, WITHOUT ROWID;

-- A reader of the journal that may lag: the words of the contacts that stand for a person, by the contact's number.
CREATE VIRTUAL TABLE search USING fts5 (
    company, words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3'
);
