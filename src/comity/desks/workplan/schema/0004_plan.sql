-- What was said of amendments, in the order of filing, and what it comes to: verdict and fate are made again at each filing.
CREATE TABLE workplan_amend (
  place BIGINT PRIMARY KEY,              -- 1, 2, 3... in the order of filing
  id BLOB NOT NULL UNIQUE,
  side BIGINT NOT NULL,                  -- 0: the party that the accord names first
  number BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  state TEXT NOT NULL,
  base BLOB NOT NULL,
  result BLOB,
  about BLOB,
  operations BLOB NOT NULL,              -- canonical bytes of the list of changes; empty once erased
  reason TEXT NOT NULL,
  made BIGINT NOT NULL,                  -- the sender's clock
  agency TEXT NOT NULL,
  verdict TEXT NOT NULL,                 -- '': not reached yet
  fate TEXT NOT NULL                     -- of a proposal
);
CREATE TABLE workplan_version (
  number BIGINT PRIMARY KEY,
  digest BLOB NOT NULL,
  plan BLOB NOT NULL,                    -- canonical bytes of the whole plan
  proposal BLOB,                         -- the two dispatches that signed it; null for the first
  agreed BLOB
);
-- How far each side is with each action, one row an update.
CREATE TABLE workplan_progress (
  id BLOB PRIMARY KEY,
  action TEXT NOT NULL,
  side BIGINT NOT NULL,
  state TEXT NOT NULL,
  plan BLOB NOT NULL,                    -- digest of the version in force for whoever said it
  made BIGINT NOT NULL,
  agency TEXT NOT NULL,
  words TEXT NOT NULL,
  evidence BLOB NOT NULL                 -- ids, 16 bytes each
);
CREATE INDEX workplan_progress_action ON workplan_progress (action, side, made);
CREATE INDEX workplan_dispatch_item ON workplan_dispatch (item);
