-- Which contacts look alike: a reader of the journal that may lag.

-- What of a contact is compared.
CREATE TABLE looks (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    looks text NOT NULL,
    PRIMARY KEY (company, contact)
);

-- What contacts that look alike share.
CREATE TABLE alike_key (
    company bigint NOT NULL,
    key bigint NOT NULL,
    contact bigint NOT NULL,
    PRIMARY KEY (company, key, contact)
);

CREATE TABLE alike_pair (
    company bigint NOT NULL,
    younger bigint NOT NULL,             -- the contact that was made later
    older bigint NOT NULL,
    key bigint NOT NULL,                 -- what shows it
    PRIMARY KEY (company, younger, older, key)
);

INSERT INTO reader (company, reader, seq) SELECT company, 'alike', 0 FROM ends;
