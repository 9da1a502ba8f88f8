-- What a company has set up, notes, accounts, who is in what, pictures; and who may ask beside the company itself.

ALTER TABLE company ADD COLUMN rate_limit integer;   -- requests a minute that its programs may make; none: no limit
ALTER TABLE session ADD COLUMN teammate bigint;      -- who is signed in; none: with the company's own login

ALTER TABLE contact ADD COLUMN changed_at bigint NOT NULL DEFAULT 0; -- when it was last changed
ALTER TABLE contact ADD COLUMN owner bigint;         -- the teammate whose own it is; none: the whole company's

UPDATE contact SET changed_at = (body::json ->> 'changed_at')::bigint;

CREATE INDEX contact_changed_at ON contact (company, changed_at, contact) WHERE merged_into IS NULL;
CREATE INDEX contact_owner ON contact (company, owner, contact) WHERE owner IS NOT NULL;

CREATE TABLE settings (
    company bigint PRIMARY KEY,
    body text NOT NULL                   -- JSON: lists, custom fields, teammates
);

-- Who was put into which list or account: the contact's own record, whatever it is part of.
CREATE TABLE membership (
    company bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,      -- list or account
    "group" bigint NOT NULL,             -- its number
    contact bigint NOT NULL,
    PRIMARY KEY (company, kind, "group", contact)
);

-- Which entries are notes about a contact.
CREATE TABLE note (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (company, contact, seq)
);

CREATE TABLE account (
    company bigint NOT NULL,
    account bigint NOT NULL,
    changed bigint NOT NULL,             -- the last entry that changed it
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, account)
);

CREATE INDEX account_changed ON account (company, changed);

-- What names an account besides its id.
CREATE TABLE account_alias (
    company bigint NOT NULL,
    name text COLLATE "C" NOT NULL,      -- domain or ext_id
    value text COLLATE "C" NOT NULL,
    account bigint NOT NULL,
    PRIMARY KEY (company, name, value)
);

CREATE INDEX account_alias_account ON account_alias (company, account);

-- The pictures that entries of the journal brought.
CREATE TABLE picture (
    company bigint NOT NULL,
    seq bigint NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (company, seq)
);

-- A message is found by its id alone, too.
CREATE UNIQUE INDEX message_id ON message (company, message);

CREATE TABLE token (
    company bigint NOT NULL,
    hash bytea NOT NULL,                 -- SHA-256 of what programs ask with
    name text NOT NULL,
    scopes text NOT NULL,                -- words with spaces between
    created_at bigint NOT NULL,
    PRIMARY KEY (company, hash)
);

CREATE TABLE teammate_secret (
    company bigint NOT NULL,
    teammate bigint NOT NULL,
    secret bytea NOT NULL,               -- SHA-256 of the teammate's password
    PRIMARY KEY (company, teammate)
);
