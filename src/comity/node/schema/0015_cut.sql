-- A log that ended by a cut of both roots. Its entries, tiles and heads, and the places that rows name in it, are moved below
-- nought, so that the log of now begins at nought again; nothing is written there any more.
CREATE TABLE closed_log (
  role TEXT NOT NULL,                    -- ours, theirs
  number BIGINT NOT NULL,                -- 1 for the first that was closed in this role
  origin TEXT NOT NULL UNIQUE,
  size BIGINT NOT NULL, head_size BIGINT NOT NULL, head_time BIGINT NOT NULL, head_root BLOB NOT NULL,
  cut_size BIGINT NOT NULL, cut_root BLOB NOT NULL,
  digest BLOB NOT NULL,                  -- of the signed cut
  signed BLOB NOT NULL,
  at BIGINT NOT NULL,
  mark BIGINT,                           -- of ours: the leaf by which the peer's log says that it took the cut
  PRIMARY KEY (role, number));
