-- Readers of the journal that may lag, each with the last entry that it knows.
CREATE TABLE reader (
    company bigint NOT NULL,
    reader text NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (company, reader)
) WITH (fillfactor = 20);

-- The words of the contacts that stand for a person, folded, with a space before each.
CREATE TABLE search (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    words text COLLATE "C" NOT NULL,
    PRIMARY KEY (company, contact)
);
