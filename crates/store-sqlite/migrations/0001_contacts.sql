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
    contacts_made INTEGER NOT NULL DEFAULT 0,      -- contacts it ever had
    conversations_made INTEGER NOT NULL DEFAULT 0, -- conversations it ever had
    messages_made INTEGER NOT NULL DEFAULT 0,      -- messages it ever had
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
    home INTEGER NOT NULL,             -- the home contact of its sender
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

CREATE TABLE contact (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    changed INTEGER NOT NULL,          -- the last entry that changed what it shows
    changed_at INTEGER NOT NULL,
    merged_into INTEGER,               -- the contact that it is part of
    merge INTEGER,                     -- the entry of that merge
    owner INTEGER,                     -- the teammate whose private contact it is; null: the company's
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, contact)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_changed ON contact (company, changed) WHERE merged_into IS NULL;
CREATE INDEX contact_changed_at ON contact (company, changed_at, contact) WHERE merged_into IS NULL;
CREATE INDEX contact_owner ON contact (company, owner, contact) WHERE owner IS NOT NULL;

-- Claims. The table may lag behind the journal: claims are written when several belong to one page.
CREATE TABLE handle (
    company INTEGER NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    home INTEGER,                      -- the contact that claimed it first; the contact that it is part of is the owner
    shared INTEGER NOT NULL,           -- 1 if several people use it
    PRIMARY KEY (company, source, key)
) STRICT, WITHOUT ROWID;

-- The entries about a contact, but for its first, which its body names.
CREATE TABLE history (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, contact, seq)
) STRICT, WITHOUT ROWID;

-- The entries that are notes about a contact.
CREATE TABLE note (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, contact, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    company INTEGER PRIMARY KEY,
    body TEXT NOT NULL                 -- JSON: lists, custom fields, teammates
) STRICT;

-- The lists and accounts of each contact, whatever it is merged into.
CREATE TABLE membership (
    company INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- list or account
    "group" INTEGER NOT NULL,          -- its number
    contact INTEGER NOT NULL,
    PRIMARY KEY (company, kind, "group", contact)
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
    home INTEGER NOT NULL,             -- the home contact of its first sender
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
