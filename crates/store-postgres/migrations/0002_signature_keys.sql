-- Of the token of a channel, only what verifies signatures is stored. The program replaces the values.
ALTER TABLE channel RENAME COLUMN token TO signature_key;
