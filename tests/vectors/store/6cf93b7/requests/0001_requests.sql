-- Cases, dispatches and postings of the requests desk. Times are milliseconds UTC; 1 is true.
CREATE TABLE requests_case (
  id BLOB PRIMARY KEY,                   -- id of the dispatch that opened it
  year BIGINT NOT NULL,
  seq BIGINT NOT NULL,                   -- our number is party-year-seq
  opened BIGINT NOT NULL,
  theirs TEXT                            -- the other side's number, once it said so
);
CREATE UNIQUE INDEX requests_case_number ON requests_case (year, seq);
CREATE TABLE requests_dispatch (
  id BLOB PRIMARY KEY,
  ours BIGINT NOT NULL,
  admitted BIGINT NOT NULL,              -- 0: our law did not admit it; header only
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,
  case_id BLOB NOT NULL,
  re BLOB,                               -- the first dispatch that it answers or concerns
  replaces BLOB,
  urgency BIGINT NOT NULL,
  lane BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  item TEXT,                             -- workplan item; null with a reason
  item_reason TEXT NOT NULL,
  title TEXT NOT NULL,
  from_agency TEXT NOT NULL,
  to_agency TEXT NOT NULL,               -- blanks between several
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  created BIGINT NOT NULL,               -- the sender's clock
  committed BIGINT,                      -- ours only
  leaf BIGINT,                           -- index in its sender's log, once known
  arrived BIGINT,
  filed BIGINT,
  seen BIGINT,
  quarantined BIGINT,
  refused BIGINT,
  refused_code TEXT,
  first_at BIGINT,                       -- first answer, also one that says "nothing yet"
  answered BIGINT,
  answered_by BLOB,
  outward TEXT,                          -- code of the refusal that answered it
  limit_seen BIGINT,                     -- all limits run from arrived
  limit_first BIGINT,
  limit_full BIGINT,
  due_next BIGINT,                       -- earliest limit not yet met; null if nothing is owed
  rest TEXT NOT NULL,                    -- label, basis, conduct and the like, as JSON
  body BLOB NOT NULL
);
CREATE INDEX requests_dispatch_case ON requests_dispatch (case_id, created);
CREATE INDEX requests_dispatch_due ON requests_dispatch (ours, due_next);
CREATE INDEX requests_dispatch_day ON requests_dispatch (created);
CREATE TABLE requests_early (id BLOB PRIMARY KEY, at BIGINT NOT NULL);  -- arrived, held, not filed yet
CREATE TABLE requests_mark (
  target BLOB NOT NULL,                  -- the dispatch that is recalled or corrected, here already or not
  ours BIGINT NOT NULL,                  -- by whom: only the sender of the target may
  by_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  part TEXT,                             -- null: all of it
  at BIGINT NOT NULL,
  PRIMARY KEY (target, by_id)
);
CREATE TABLE requests_posting (
  id BLOB PRIMARY KEY,                   -- the nomination
  ours BIGINT NOT NULL,                  -- whose officer
  desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  state TEXT NOT NULL,
  nominated BIGINT NOT NULL,
  accepted BIGINT,
  ended BIGINT,
  ended_by_ours BIGINT,
  ended_leaf BIGINT,                     -- leaf in the log of the side that ended it, once known
  body BLOB NOT NULL
);
CREATE INDEX requests_posting_officer ON requests_posting (ours, desk, officer);
