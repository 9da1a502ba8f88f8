"""The usual way in Python: pandas reads the file, scipy finds who is who, and the tables go into SQLite with indexes."""

import sqlite3
import sys

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

source, target = sys.argv[1:3]
told = pd.read_csv(source, dtype=str)
handles = pd.concat(
    [
        pd.DataFrame({"row": told.index, "source": name, "key": told[column].str.lower()})
        for name, column in [("email", "Email"), ("phone", "Phone"), ("twitter", "Twitter")]
    ],
    ignore_index=True,
)
codes, _ = pd.factorize(handles["source"] + ":" + handles["key"])
size = len(told) + codes.max() + 1
edges = coo_matrix((np.ones(len(codes), dtype=np.int8), (handles["row"], len(told) + codes)), shape=(size, size))
_, labels = connected_components(edges, directed=False)
told["person"] = labels[: len(told)]
handles["person"] = told["person"].to_numpy()[handles["row"]]
people = told.groupby("person").agg(name=("Name", "last"))
links = told[["person", "Website"]].drop_duplicates()
handles = handles[["person", "source", "key"]].drop_duplicates()
db = sqlite3.connect(target)
people.to_sql("contact", db)
handles.to_sql("handle", db, index=False)
links.to_sql("link", db, index=False)
db.execute("CREATE UNIQUE INDEX handle_key ON handle (source, key)")
db.execute("CREATE INDEX handle_person ON handle (person)")
db.execute("CREATE INDEX link_person ON link (person)")
db.commit()
print(len(people))
