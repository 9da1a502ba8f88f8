-- The index of what is searched has the company last: a scan meets all that its first column has, and asks the others about each.

DROP INDEX search_parts;

CREATE INDEX search_parts ON search USING gin (words gin_trgm_ops, name gin_trgm_ops, handles, company);
