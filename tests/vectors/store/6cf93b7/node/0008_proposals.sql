-- Changes of accounts that widen what somebody may do: proposed by one, confirmed by another; or made by one alone, and marked so.
CREATE TABLE proposal (
  id BLOB PRIMARY KEY, what TEXT NOT NULL,                 -- invite, bind, reinstate
  desk TEXT NOT NULL, number BIGINT NOT NULL, detail TEXT NOT NULL,
  by_officer TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL,
  ended_at BIGINT, ended_by TEXT,
  ended_how TEXT);                                         -- confirmed, refused, replaced, alone
CREATE INDEX proposal_open ON proposal (ended_at, until);
