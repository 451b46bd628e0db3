-- Statements of scorecards, ours and theirs; what is counted is counted anew from the logs.
CREATE TABLE workplan_scorecard (
  id BLOB PRIMARY KEY,                   -- the dispatch
  ours BIGINT NOT NULL,
  state TEXT NOT NULL,                   -- statement, detail
  begins BIGINT NOT NULL,                -- of the period; of a detail 0
  ends BIGINT NOT NULL,
  of_card BLOB NOT NULL,                 -- digest of the scorecard that it states or goes into
  made BIGINT NOT NULL,                  -- the sender's clock
  said BLOB NOT NULL                     -- the statement, or the detail
);
CREATE INDEX workplan_scorecard_period ON workplan_scorecard (ours, state, begins, ends, made);
