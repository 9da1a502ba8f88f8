-- Every key starts with the company, so that a company can live on one shard.

CREATE TABLE company (
    company INTEGER PRIMARY KEY,       -- its number, drawn at random
    name TEXT NOT NULL UNIQUE,         -- its login
    secret BLOB NOT NULL,              -- SHA-256 of its password
    region TEXT NOT NULL,              -- where a phone number without a country code is dialled
    created_at INTEGER NOT NULL,       -- all times are milliseconds since 1970
    entries INTEGER NOT NULL DEFAULT 0,      -- the number of the last journal entry
    contacts_made INTEGER NOT NULL DEFAULT 0 -- how many contacts it ever had
) STRICT;

-- The truth: what happened, in order. Nothing here is ever changed.
CREATE TABLE journal (
    company INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, seq)
) STRICT, WITHOUT ROWID;

-- Views: whatever stands below can be computed from the journal.

CREATE TABLE contact (
    company INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    changed INTEGER NOT NULL,          -- the last entry that changed what it shows
    merged_into INTEGER,               -- the contact that it is part of
    merge INTEGER,                     -- the entry that made it so
    body TEXT NOT NULL,                -- JSON
    PRIMARY KEY (company, contact)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_changed ON contact (company, changed) WHERE merged_into IS NULL;

CREATE TABLE handle (
    company INTEGER NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    home INTEGER,                      -- the contact that first claimed it; its whole is the owner
    shared INTEGER NOT NULL,           -- 1 if several people use it
    PRIMARY KEY (company, source, key)
) STRICT, WITHOUT ROWID;
