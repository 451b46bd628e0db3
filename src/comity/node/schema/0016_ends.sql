-- What is kept beyond its day and how it ends: certificates that crossed as dispatches.
CREATE TABLE certificate (                 -- of destruction, by the dispatch that brought it
  dispatch BLOB PRIMARY KEY,
  ours BIGINT NOT NULL,                    -- 1: we destroyed what the other side gave
  about BLOB,                              -- what was destroyed; null with leaf and record: it did not stand and was refused
  leaf BIGINT,                             -- in the log of who destroyed
  whole BIGINT NOT NULL,                   -- 1: nothing of the content is left
  record BLOB, at BIGINT NOT NULL,
  fact BIGINT NOT NULL);                   -- receipt: of ours the other side's, 0 while there is none; of theirs ours
CREATE INDEX certificate_about ON certificate (about, ours);
ALTER TABLE erasure ADD COLUMN certified BLOB;  -- the dispatch, or waiting draft, by which its certificate went; of our own: itself
UPDATE erasure SET certified = dispatch WHERE dispatch IN (SELECT id FROM sent);
CREATE INDEX erasure_uncertified ON erasure (leaf) WHERE certified IS NULL AND leaf IS NOT NULL;
CREATE TABLE custody_opening (             -- of what our law did not admit: asked by one person, decided by another of another role
  id BLOB PRIMARY KEY, dispatch BLOB NOT NULL, purpose TEXT NOT NULL, reason TEXT NOT NULL,
  desk TEXT NOT NULL, number BIGINT NOT NULL, asked_at BIGINT NOT NULL,
  second_desk TEXT, second_number BIGINT, ended_at BIGINT,
  state TEXT NOT NULL);                    -- asked, opened, refused (by our law), dropped
CREATE INDEX custody_opening_of ON custody_opening (dispatch, asked_at);
CREATE TABLE renewal (                     -- a review date that two persons put off, or that one asked to put off
  id BLOB PRIMARY KEY, dispatch BLOB NOT NULL, until BIGINT NOT NULL, before BIGINT NOT NULL, reason TEXT NOT NULL,
  desk TEXT NOT NULL, number BIGINT NOT NULL, asked_at BIGINT NOT NULL,
  second_desk TEXT, second_number BIGINT, ended_at BIGINT,
  state TEXT NOT NULL);                    -- asked, renewed, dropped
CREATE INDEX renewal_of ON renewal (dispatch, asked_at);
