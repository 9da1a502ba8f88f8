PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE contact (name TEXT, email TEXT, phone TEXT, twitter TEXT, link TEXT);
CREATE INDEX contact_email ON contact (email);
CREATE INDEX contact_phone ON contact (phone);
CREATE INDEX contact_twitter ON contact (twitter);
