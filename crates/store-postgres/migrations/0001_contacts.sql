-- The twin of the SQLite schema. Every key starts with the company, so that a company lives on one shard. Only what is
-- read without knowing the company stands apart from it: the logins here, the mailboxes in 0003.

CREATE TABLE company (
    company bigint PRIMARY KEY,          -- its number, drawn at random
    name text COLLATE "C" NOT NULL UNIQUE, -- its login
    secret bytea NOT NULL,               -- SHA-256 of its password
    region text NOT NULL,                -- where a phone number without a country code is dialled
    created_at bigint NOT NULL           -- all times are milliseconds since 1970
);

-- Where a company's journal and its views end. Whoever writes locks this row for as long as that takes.
CREATE TABLE ends (
    company bigint PRIMARY KEY,
    entries bigint NOT NULL DEFAULT 0,   -- the number of the last journal entry
    contacts_made bigint NOT NULL DEFAULT 0 -- how many contacts it ever had
) WITH (fillfactor = 20);

-- The truth: what happened, in order. Nothing here is ever changed.
CREATE TABLE journal (
    company bigint NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, seq)
);

-- Views: whatever stands below can be computed from the journal.

CREATE TABLE contact (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,             -- the last entry that changed what it shows
    merged_into bigint,                  -- the contact that it is part of
    merge bigint,                        -- the entry that made it so
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, contact)
);

CREATE INDEX contact_changed ON contact (company, changed, contact) WHERE merged_into IS NULL;

CREATE TABLE handle (
    company bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    home bigint,                         -- the contact that first claimed it; its whole is the owner
    shared boolean NOT NULL,             -- whether several people use it
    PRIMARY KEY (company, key, source)
);
