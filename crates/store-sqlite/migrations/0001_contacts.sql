-- Every key starts with the company, so that a company can live on one shard.
-- All times are milliseconds since 1970.

CREATE TABLE company (
    company INTEGER PRIMARY KEY,       -- its number, drawn at random
    name TEXT NOT NULL UNIQUE,         -- its login
    secret BLOB NOT NULL,              -- SHA-256 of its password
    region TEXT NOT NULL,              -- the region of phone numbers without a country code
    created_at INTEGER NOT NULL,
    rate_limit INTEGER,                -- requests a minute of its programs; null: no limit
    entries INTEGER NOT NULL DEFAULT 0,            -- the number of the last journal entry
    records_made INTEGER NOT NULL DEFAULT 0,       -- records it ever had
    conversations_made INTEGER NOT NULL DEFAULT 0, -- conversations it ever had
    messages_made INTEGER NOT NULL DEFAULT 0,      -- messages it ever had
    shared_after INTEGER DEFAULT 5,                -- how many names make a handle shared; null: none do
    names_agree INTEGER NOT NULL DEFAULT 0,        -- 1 if a handle joins only records whose names agree
    handles_flushed INTEGER NOT NULL DEFAULT 0     -- all claims up to this entry are in the table of handles
) STRICT;

-- Credentials.

CREATE TABLE session (
    company INTEGER NOT NULL,
    token BLOB NOT NULL,               -- SHA-256 of what the browser holds
    expires_at INTEGER NOT NULL,
    teammate INTEGER,                  -- who is signed in; null: with the company's own login
    PRIMARY KEY (company, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    company INTEGER NOT NULL,
    hash BLOB NOT NULL,                -- SHA-256 of the token
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,              -- separated by spaces
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE teammate_secret (
    company INTEGER NOT NULL,
    teammate INTEGER NOT NULL,
    secret BLOB NOT NULL,              -- SHA-256 of the teammate's password
    PRIMARY KEY (company, teammate)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
    company INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    type TEXT NOT NULL,                -- email, sms or custom
    address TEXT NOT NULL,             -- what is compared
    text TEXT NOT NULL,                -- what is shown
    token TEXT,                        -- signs the requests that deliver its messages
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company, channel),
    UNIQUE (company, type, address)
) STRICT, WITHOUT ROWID;

-- Mail is delivered to a channel by its address alone.
CREATE UNIQUE INDEX channel_mailbox ON channel (address) WHERE type = 'email';

-- The truth: what happened, in order. Nothing here ever changes.
CREATE TABLE journal (
    company INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, seq)
) STRICT, WITHOUT ROWID;

-- Kept beside the journal: what its entries brought.

CREATE TABLE picture (
    company INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (company, seq)
) STRICT;

CREATE TABLE message (
    company INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    message INTEGER NOT NULL,
    at INTEGER NOT NULL,
    home INTEGER NOT NULL,             -- the record of its sender
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, conversation, message)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX message_id ON message (company, message);

CREATE TABLE attachment (
    company INTEGER NOT NULL,
    attachment INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (company, attachment)
) STRICT;

-- Views: everything below can be computed from the journal.

-- What each source says about one person. A contact is the records that bear its number in the column contact.
CREATE TABLE record (
    company INTEGER NOT NULL,
    record INTEGER NOT NULL,
    contact INTEGER NOT NULL,          -- the contact that it is part of: the number of one of its records
    changed INTEGER NOT NULL,          -- the last entry that changed what the contact with this number shows
    changed_at INTEGER NOT NULL,
    owner INTEGER,                     -- the teammate whose private contact it is; null: the company's
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_changed ON record (company, changed) WHERE contact = record;
CREATE INDEX record_changed_at ON record (company, changed_at, record) WHERE contact = record;
CREATE INDEX record_owner ON record (company, owner, record) WHERE owner IS NOT NULL;

-- The records that have a name.
CREATE TABLE record_name (
    company INTEGER NOT NULL,
    system TEXT NOT NULL,
    id TEXT NOT NULL,                  -- its id in the system
    record INTEGER NOT NULL,
    PRIMARY KEY (company, system, id)
) STRICT, WITHOUT ROWID;

-- Claims. The table may lag behind the journal: claims are written when several belong to one page.
CREATE TABLE handle (
    company INTEGER NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    home INTEGER,                      -- the record that reported it first; its contact is the owner
    has_more INTEGER NOT NULL,         -- 1 if other records report it, or did
    status INTEGER NOT NULL,           -- 0 plain, 1 shared by evidence, 2 shared, 3 blocked, 4 one person's
    PRIMARY KEY (company, source, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX handle_status ON handle (company, status, source, key) WHERE status > 0;

-- The records that report a handle, besides its home.
CREATE TABLE reporter (
    company INTEGER NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (company, source, key, record)
) STRICT, WITHOUT ROWID;

-- The entries about a record, but for its first, which its body names.
CREATE TABLE history (
    company INTEGER NOT NULL,
    record INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, record, seq)
) STRICT, WITHOUT ROWID;

-- The entries that are notes about a record.
CREATE TABLE note (
    company INTEGER NOT NULL,
    record INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, record, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    company INTEGER PRIMARY KEY,
    body TEXT NOT NULL                 -- JSON: lists, custom fields, teammates
) STRICT;

-- The lists and accounts of each record.
CREATE TABLE membership (
    company INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- list or account
    "group" INTEGER NOT NULL,          -- its number
    record INTEGER NOT NULL,
    PRIMARY KEY (company, kind, "group", record)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    company INTEGER NOT NULL,
    account INTEGER NOT NULL,
    changed INTEGER NOT NULL,          -- the last entry that changed it
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_changed ON account (company, changed);

-- What names an account besides its id.
CREATE TABLE account_alias (
    company INTEGER NOT NULL,
    name TEXT NOT NULL,                -- domain or ext_id
    value TEXT NOT NULL,
    account INTEGER NOT NULL,
    PRIMARY KEY (company, name, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_alias_account ON account_alias (company, account);

CREATE TABLE conversation (
    company INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    home INTEGER NOT NULL,             -- the record of its first sender
    changed INTEGER NOT NULL,          -- the entry of its last message
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, conversation)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_changed ON conversation (company, changed);
CREATE INDEX conversation_home ON conversation (company, home, changed);

-- The references by which later messages of a channel name a message.
CREATE TABLE message_reference (
    company INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    reference TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    message INTEGER NOT NULL,          -- the last message with this reference
    PRIMARY KEY (company, channel, reference)
) STRICT, WITHOUT ROWID;
