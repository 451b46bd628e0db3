-- Dispatches of the workplan desk, of every kind. Times are milliseconds UTC; 1 is true.
CREATE TABLE workplan_dispatch (
  id BLOB PRIMARY KEY,
  case_id BLOB NOT NULL,
  ours BIGINT NOT NULL,
  admitted BIGINT NOT NULL,              -- 0: our law did not admit it; header only
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,
  re BLOB,                               -- the dispatch that it names first
  replaces BLOB,
  item TEXT,
  from_agency TEXT NOT NULL,
  to_agency TEXT NOT NULL,               -- blanks between several
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  made BIGINT NOT NULL,                  -- the sender's clock, the same on both sides
  at BIGINT NOT NULL,                    -- ours: committed; theirs: filed here
  leaf BIGINT,
  arrived BIGINT,
  filed BIGINT,
  seen BIGINT,
  quarantined BIGINT,
  refused BIGINT,
  refused_code TEXT,
  title TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX workplan_dispatch_case ON workplan_dispatch (case_id, made);
CREATE INDEX workplan_dispatch_kind ON workplan_dispatch (kind, made);
CREATE TABLE workplan_early (id BLOB PRIMARY KEY, at BIGINT NOT NULL);  -- arrived, held, not filed yet
-- What the sender of a dispatch of this desk did to it later.
CREATE TABLE workplan_mark (
  target BLOB NOT NULL,
  by_id BLOB NOT NULL,                   -- the recall or correction
  ours BIGINT NOT NULL,
  kind TEXT NOT NULL,                    -- recall, recall-part or correction
  made BIGINT NOT NULL,                  -- its sender's clock
  PRIMARY KEY (target, by_id)
);
