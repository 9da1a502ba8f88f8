-- What is searched is found by its tokens, as in SQLite, span by span: those of each are told apart, so that the latest are met first.
-- All journals are read anew.

DROP TABLE search;

-- The contacts that stand for a person.
CREATE TABLE search (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,                 -- the last entry that changed it
    span bigint NOT NULL,                    -- among which it is found
    owner bigint,                            -- the teammate whose own it is; none: the whole company's
    words text COLLATE "C" NOT NULL,         -- name, handles (after @), description and links, folded, each a line
    tokens integer[] NOT NULL,               -- of the words, numbered, each mixed with the span
    PRIMARY KEY (company, contact)
);

CREATE INDEX search_changed ON search (company, span, changed, contact);
CREATE INDEX search_tokens ON search USING gin (tokens);

-- Contacts that were changed one after another. Whatever is in a span was changed after all that is in those before it.
CREATE TABLE search_span (
    company bigint NOT NULL,
    span bigint NOT NULL,
    contacts bigint NOT NULL,                -- how many are in it
    PRIMARY KEY (company, span)
) WITH (fillfactor = 50);

UPDATE reader SET seq = 0 WHERE reader = 'search';
