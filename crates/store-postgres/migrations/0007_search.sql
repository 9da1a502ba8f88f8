-- What is searched is found by any part of it, and in the order of the last changes. All journals are read anew.

DROP TABLE search;

-- The contacts that stand for a person. What is folded has a space before and after each word.
CREATE TABLE search (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,                 -- the last entry that changed it
    owner bigint,                            -- the teammate whose own it is; none: the whole company's
    name text COLLATE "C" NOT NULL,          -- folded
    words text COLLATE "C" NOT NULL,         -- name, handles (after @), description and links, folded, each a line
    handles text[] COLLATE "C" NOT NULL,     -- folded
    PRIMARY KEY (company, contact)
);

CREATE INDEX search_changed ON search (company, changed, contact);

UPDATE reader SET seq = 0 WHERE reader = 'search';
