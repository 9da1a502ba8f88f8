"""Resolves a file of people into one record a person with DuckDB, and writes a table: what shares a handle is one person."""

import sys

import duckdb

source, target = sys.argv[1:3]
db = duckdb.connect(target)
db.execute("PRAGMA threads=2")
db.execute(f"CREATE TABLE told AS SELECT row_number() OVER () AS id, * FROM read_csv('{source}', header=true, all_varchar=true)")
db.execute(
    """CREATE TABLE handle AS SELECT id, 'email' AS source, lower(Email) AS key FROM told
       UNION ALL SELECT id, 'phone', Phone FROM told UNION ALL SELECT id, 'twitter', lower(Twitter) FROM told"""
)
db.execute("CREATE TABLE label AS SELECT id, id AS person FROM told")
while True:
    # The least label that a row's handles are known under, until nothing changes any more.
    db.execute(
        """CREATE OR REPLACE TABLE next AS
           WITH least AS (SELECT source, key, min(person) AS person FROM handle JOIN label USING (id) GROUP BY source, key)
           SELECT handle.id, min(least.person) AS person FROM handle JOIN least USING (source, key) GROUP BY handle.id"""
    )
    changed = db.execute("SELECT count(*) FROM next JOIN label USING (id) WHERE next.person <> label.person").fetchone()[0]
    db.execute("CREATE OR REPLACE TABLE label AS SELECT * FROM next")
    if not changed:
        break
db.execute(
    """CREATE TABLE contact AS SELECT person, last(Name ORDER BY id) AS name, list(DISTINCT Email) AS emails,
       list(DISTINCT Phone) AS phones, list(DISTINCT Twitter) AS twitters, list(DISTINCT Website) AS links
       FROM told JOIN label USING (id) GROUP BY person"""
)
print(db.execute("SELECT count(*) FROM contact").fetchone()[0])
