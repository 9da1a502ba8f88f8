-- What is searched has a file of its own, which is made anew from the contacts.

DROP TABLE search;

ALTER TABLE company DROP COLUMN searched;
