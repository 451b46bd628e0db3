-- A copy for the international board that our law let out: what went into the file, and whether the other side was told.
CREATE TABLE precursors_board_copy (
  incident BLOB PRIMARY KEY,
  agreed BLOB NOT NULL,                  -- the dispatch in which the second side agreed
  act BLOB NOT NULL,                     -- our act, in our decision log at `record`
  record BIGINT NOT NULL,
  at BIGINT NOT NULL,
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  digest BLOB NOT NULL,                  -- SHA-256 of the file
  content BLOB NOT NULL,                 -- the file; empty once it was erased
  told BLOB                              -- our dispatch that tells the other side; null until it left
);
CREATE INDEX precursors_dispatch_kind ON precursors_dispatch (kind, made);
