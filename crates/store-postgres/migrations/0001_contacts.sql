-- The schema of the store. Every key starts with the company, so that all rows of a company are on one shard. Only what
-- is read before the company is known has another key: companies by name, and mailboxes.

-- The version of this schema. The development versions of Kith named the column otherwise.
CREATE TABLE kith (
    version integer PRIMARY KEY
);

INSERT INTO kith VALUES (0);

CREATE TABLE company (
    company bigint PRIMARY KEY,          -- a random number
    name text COLLATE "C" NOT NULL UNIQUE, -- the name that it signs in with
    secret bytea NOT NULL,               -- SHA-256 of its password
    region text NOT NULL,                -- the region of phone numbers without a country code
    created_at bigint NOT NULL,          -- milliseconds since 1970, as all times
    rate_limit integer                   -- requests a minute that its programs may make, NULL without a limit
);

-- The counters at the end of a journal, and the guards against false merges. A write locks the row of its company.
CREATE TABLE ends (
    company bigint PRIMARY KEY,
    entries bigint NOT NULL DEFAULT 0,   -- the number of the last journal entry
    records_made bigint NOT NULL DEFAULT 0, -- records ever created
    conversations_made bigint NOT NULL DEFAULT 0, -- conversations ever created
    messages_made bigint NOT NULL DEFAULT 0, -- messages ever received
    shared_after bigint DEFAULT 5,       -- how many names make a handle shared, NULL if none do
    names_agree boolean NOT NULL DEFAULT false -- whether a handle joins only records whose names agree
) WITH (fillfactor = 20);

-- All changes, in order. A row never changes.
CREATE TABLE journal (
    company bigint NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, seq)
);

-- Contents that journal entries refer to.

CREATE TABLE message (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,
    at bigint NOT NULL,
    home bigint NOT NULL,                -- the record of its sender
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, conversation, message)
);

CREATE UNIQUE INDEX message_id ON message (company, message);

CREATE TABLE attachment (
    company bigint NOT NULL,
    attachment bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (company, attachment)
);

CREATE TABLE picture (
    company bigint NOT NULL,
    seq bigint NOT NULL,                 -- the entry that added it
    media_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (company, seq)
);

-- Views, which the journal determines.

-- What each source says about one person. A contact is the records with its number in the column contact.
CREATE TABLE record (
    company bigint NOT NULL,
    record bigint NOT NULL,
    contact bigint NOT NULL,             -- the contact that it is part of: the number of one of its records
    changed bigint NOT NULL,             -- the last entry that changed what the contact with this number shows
    changed_at bigint NOT NULL,          -- the time of the last change
    owner bigint,                        -- the teammate whose private contact it is, NULL if it is the company's
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, record)
);

CREATE INDEX record_changed ON record (company, changed, record) WHERE contact = record;
CREATE INDEX record_changed_at ON record (company, changed_at, record) WHERE contact = record;
CREATE INDEX record_owner ON record (company, owner, record) WHERE owner IS NOT NULL;

-- The records that have a name.
CREATE TABLE record_name (
    company bigint NOT NULL,
    system text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,        -- its id in the system
    record bigint NOT NULL,
    PRIMARY KEY (company, system, id)
);

-- What is known of handles.
CREATE TABLE handle (
    company bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    home bigint,                         -- the record that reported it first, whose contact owns it
    has_more boolean NOT NULL,           -- whether other records report it, or did
    status smallint NOT NULL,            -- 0 plain, 1 shared by evidence, 2 shared, 3 blocked, 4 one person's
    PRIMARY KEY (company, key, source)
);

CREATE INDEX handle_status ON handle (company, status, source, key) WHERE status > 0;

-- The records that report a handle, besides its home.
CREATE TABLE reporter (
    company bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    record bigint NOT NULL,
    PRIMARY KEY (company, key, source, record)
);

-- The entries about a record, except the first, which its body has.
CREATE TABLE history (
    company bigint NOT NULL,
    record bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (company, record, seq)
);

-- The entries that are notes about a record.
CREATE TABLE note (
    company bigint NOT NULL,
    record bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (company, record, seq)
);

-- The records in a list or account.
CREATE TABLE membership (
    company bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,      -- list or account
    "group" bigint NOT NULL,             -- the number of the list or account
    record bigint NOT NULL,
    PRIMARY KEY (company, kind, "group", record)
);

CREATE TABLE account (
    company bigint NOT NULL,
    account bigint NOT NULL,
    changed bigint NOT NULL,             -- the last entry that changed it
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, account)
);

CREATE INDEX account_changed ON account (company, changed);

-- What identifies an account besides its id.
CREATE TABLE account_alias (
    company bigint NOT NULL,
    name text COLLATE "C" NOT NULL,      -- domain or ext_id
    value text COLLATE "C" NOT NULL,
    account bigint NOT NULL,
    PRIMARY KEY (company, name, value)
);

CREATE INDEX account_alias_account ON account_alias (company, account);

CREATE TABLE settings (
    company bigint PRIMARY KEY,
    body text NOT NULL                   -- JSON: lists, custom fields, teammates
);

CREATE TABLE conversation (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    home bigint NOT NULL,                -- the record of its first sender
    changed bigint NOT NULL,             -- the entry of the last message
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, conversation)
);

CREATE INDEX conversation_changed ON conversation (company, changed);
CREATE INDEX conversation_home ON conversation (company, home, changed);

-- The references by which later messages of a channel name an earlier one.
CREATE TABLE message_reference (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    reference text COLLATE "C" NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,             -- the last message with this reference
    PRIMARY KEY (company, channel, reference)
);

-- Indexes that follow the journal and may lag.

-- The last entry that each index covers.
CREATE TABLE reader (
    company bigint NOT NULL,
    reader text NOT NULL,                -- search or duplicates
    seq bigint NOT NULL,
    PRIMARY KEY (company, reader)
) WITH (fillfactor = 20);

-- The search index.
CREATE TABLE search (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,             -- the last entry that changed it
    span bigint NOT NULL,                -- the span that it is in
    owner bigint,                        -- the teammate whose private contact it is, NULL if it is the company's
    words text COLLATE "C" NOT NULL,     -- name, handles (after @), description and links, folded, one a line
    tokens integer[] NOT NULL,           -- hashes of the tokens of the words, each mixed with the span
    PRIMARY KEY (company, contact)
);

CREATE INDEX search_changed ON search (company, span, changed, contact);
CREATE INDEX search_tokens ON search USING gin (tokens);

-- Spans of contacts in the order of their last changes. All contacts of a span changed after those of earlier spans.
CREATE TABLE search_span (
    company bigint NOT NULL,
    span bigint NOT NULL,
    contacts bigint NOT NULL,            -- the number of contacts in it
    PRIMARY KEY (company, span)
) WITH (fillfactor = 50);

-- The index of possible duplicates.

-- The parts of a contact that are compared.
CREATE TABLE fingerprint (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    fingerprint text NOT NULL,
    PRIMARY KEY (company, contact)
);

-- Possible duplicates share a key.
CREATE TABLE duplicate_key (
    company bigint NOT NULL,
    key bigint NOT NULL,
    contact bigint NOT NULL,
    PRIMARY KEY (company, key, contact)
);

CREATE TABLE duplicate_pair (
    company bigint NOT NULL,
    younger bigint NOT NULL,             -- the contact that was created later
    older bigint NOT NULL,
    key bigint NOT NULL,                 -- a key that both have
    PRIMARY KEY (company, younger, older, key)
);

-- Channels and credentials, which are not in the journal.

CREATE TABLE channel (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    type text NOT NULL,                  -- email, sms or custom
    address text COLLATE "C" NOT NULL,   -- the normalized address
    text text NOT NULL,                  -- the address as shown
    token text,                          -- the secret that signs requests of the service that delivers its messages
    created_at bigint NOT NULL,
    PRIMARY KEY (company, channel),
    UNIQUE (company, type, address)
);

-- Incoming mail is routed by its address alone, so an address is unique in the whole store.
CREATE TABLE mailbox (
    address text COLLATE "C" PRIMARY KEY,
    company bigint NOT NULL,
    channel bigint NOT NULL
);

CREATE TABLE session (
    company bigint NOT NULL,
    token bytea NOT NULL,                -- SHA-256 of the browser's cookie
    teammate bigint,                     -- the teammate who is signed in, NULL for the company's own login
    expires_at bigint NOT NULL,
    PRIMARY KEY (company, token)
);

CREATE TABLE token (
    company bigint NOT NULL,
    hash bytea NOT NULL,                 -- SHA-256 of the API token
    name text NOT NULL,
    scopes text NOT NULL,                -- separated by spaces
    created_at bigint NOT NULL,
    PRIMARY KEY (company, hash)
);

CREATE TABLE teammate_secret (
    company bigint NOT NULL,
    teammate bigint NOT NULL,
    secret bytea NOT NULL,               -- SHA-256 of the teammate's password
    PRIMARY KEY (company, teammate)
);
