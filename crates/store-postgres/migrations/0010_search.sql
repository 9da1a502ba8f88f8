-- The tokens of contacts have changed: all journals are read anew.

TRUNCATE search, search_span;

UPDATE reader SET seq = 0 WHERE reader = 'search';
