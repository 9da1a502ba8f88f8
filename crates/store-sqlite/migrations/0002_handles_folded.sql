-- The table of handles may lag behind the journal: claims are written when several belong to one page.

ALTER TABLE company ADD COLUMN handles_folded INTEGER NOT NULL DEFAULT 0; -- the last entry of which all claims are in it

UPDATE company SET handles_folded = entries;
