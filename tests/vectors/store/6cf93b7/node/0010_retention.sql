-- Retention: review dates, legal holds, erasures by two persons. What is erased leaves its digests, so that the leaf is still met.
ALTER TABLE sent ADD COLUMN digests BLOB;  -- of the four parts, once one of them was destroyed
ALTER TABLE got ADD COLUMN digests BLOB;
CREATE TABLE review (                      -- by when each settled dispatch is erased or held with a reason; null: no day
  dispatch BLOB PRIMARY KEY, whose TEXT NOT NULL, desk TEXT NOT NULL, kind TEXT NOT NULL, case_id BLOB, at BIGINT,
  why TEXT NOT NULL);
CREATE INDEX review_at ON review (at) WHERE at IS NOT NULL;
CREATE TABLE legal_hold (                  -- stops erasure of a dispatch, or of all of a case
  id BLOB PRIMARY KEY, target BLOB NOT NULL, reason TEXT NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL,
  at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX legal_hold_target ON legal_hold (target, ended_at);
CREATE TABLE erasure (                     -- asked by one person, done by another
  dispatch BLOB PRIMARY KEY, parts TEXT NOT NULL, reason TEXT NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL,
  asked_at BIGINT NOT NULL, done_at BIGINT, leaf BIGINT);
