-- Channels, the conversations that come in through them, who is signed in, and what a search looks at.

ALTER TABLE ends ADD COLUMN conversations_made bigint NOT NULL DEFAULT 0; -- how many conversations it ever had
ALTER TABLE ends ADD COLUMN messages_made bigint NOT NULL DEFAULT 0;      -- how many messages

-- Which entries are about a contact, but for its first, which its record names.
CREATE TABLE history (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (company, contact, seq)
);

CREATE TABLE channel (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    type text NOT NULL,                  -- email, sms or custom
    address text COLLATE "C" NOT NULL,   -- what is compared
    text text NOT NULL,                  -- what is shown
    token text,                          -- what signs the requests of whoever delivers its messages
    created_at bigint NOT NULL,
    PRIMARY KEY (company, channel),
    UNIQUE (company, type, address)
);

-- Mail is brought to a channel by its address alone, so that address is no other's in the whole store.
CREATE TABLE mailbox (
    address text COLLATE "C" PRIMARY KEY,
    company bigint NOT NULL,
    channel bigint NOT NULL
);

CREATE TABLE conversation (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    home bigint NOT NULL,                -- the contact that is home to who started it
    changed bigint NOT NULL,             -- the entry of its last message
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, conversation)
);

CREATE INDEX conversation_changed ON conversation (company, changed);
CREATE INDEX conversation_home ON conversation (company, home, changed);

-- What later messages of a channel can name a message by.
CREATE TABLE mark (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    mark text COLLATE "C" NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,             -- the last with this mark
    PRIMARY KEY (company, channel, mark)
);

-- What the messages of the journal say.
CREATE TABLE message (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,
    at bigint NOT NULL,
    home bigint NOT NULL,                -- the contact that is home to its sender
    body text NOT NULL,                  -- JSON
    PRIMARY KEY (company, conversation, message)
);

CREATE TABLE attachment (
    company bigint NOT NULL,
    attachment bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (company, attachment)
);

CREATE TABLE session (
    company bigint NOT NULL,
    token bytea NOT NULL,                -- SHA-256 of what the browser holds
    expires_at bigint NOT NULL,
    PRIMARY KEY (company, token)
);
