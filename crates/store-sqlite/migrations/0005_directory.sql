-- What a company has set up, notes, accounts, who is in what, pictures; and who may ask beside the company itself.

ALTER TABLE company ADD COLUMN rate_limit INTEGER;   -- requests a minute that its programs may make; none: no limit
ALTER TABLE session ADD COLUMN teammate INTEGER;     -- who is signed in; none: with the company's own login

ALTER TABLE contact ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0; -- when it was last changed
ALTER TABLE contact ADD COLUMN owner INTEGER;        -- the teammate whose own it is; none: the whole company's

UPDATE contact SET changed_at = body ->> '$.changed_at';

CREATE INDEX contact_changed_at ON contact (company, changed_at, contact) WHERE merged_into IS NULL;
CREATE INDEX contact_owner ON contact (company, owner, contact) WHERE owner IS NOT NULL;

CREATE TABLE settings (
    company INTEGER PRIMARY KEY,
    body TEXT NOT NULL                 -- JSON: lists, custom fields, teammates
) STRICT;

-- Who was put into which list or account: the contact's own record, whatever it is part of.
CREATE TABLE membership (
    company INTEGER NOT NULL,
    kind TEXT NOT NULL,                -- list or account
    "group" INTEGER NOT NULL,          -- its number
    contact INTEGER NOT NULL,
    PRIMARY KEY (company, kind, "group", contact)
) STRICT, WITHOUT ROWID;

-- Which entries are notes about a contact.
CREATE TABLE note (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (company, contact, seq)
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

-- The pictures that entries of the journal brought.
CREATE TABLE picture (
    company INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (company, seq)
) STRICT;

-- A message is found by its id alone, too.
CREATE UNIQUE INDEX message_id ON message (company, message);

CREATE TABLE token (
    company INTEGER NOT NULL,
    hash BLOB NOT NULL,                -- SHA-256 of what programs ask with
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,              -- words with spaces between
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE teammate_secret (
    company INTEGER NOT NULL,
    teammate INTEGER NOT NULL,
    secret BLOB NOT NULL,              -- SHA-256 of the teammate's password
    PRIMARY KEY (company, teammate)
) STRICT, WITHOUT ROWID;
