-- The words of contacts are folded before they come here, the same for every store. All of them are read anew.

DROP TABLE search;

CREATE VIRTUAL TABLE search USING fts5 (
    company, words, content = '', contentless_delete = 1, tokenize = "ascii", prefix = '1 2 3'
);

UPDATE company SET searched = 0;
