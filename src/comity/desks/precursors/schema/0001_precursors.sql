-- Consignments and dispatches of the precursors desk. Times are milliseconds UTC; 1 is true.
CREATE TABLE precursors_dispatch (
  id BLOB PRIMARY KEY,
  root BLOB NOT NULL,                    -- the first version of the notification that it is about; its own id for one about none
  case_id BLOB NOT NULL,
  ours BIGINT NOT NULL,
  admitted BIGINT NOT NULL,              -- 0: our law did not admit it; header only
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,                   -- of an incident its sort
  re BLOB,                               -- the version, or the dispatch, that it names
  replaces BLOB,
  purpose TEXT NOT NULL,
  item TEXT,
  from_agency TEXT NOT NULL,
  to_agency TEXT NOT NULL,               -- blanks between several
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  made BIGINT NOT NULL,                  -- the sender's clock, by which the order of all dispatches of a consignment is read
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
CREATE INDEX precursors_dispatch_root ON precursors_dispatch (root, made);
CREATE INDEX precursors_dispatch_case ON precursors_dispatch (case_id, made);
CREATE TABLE precursors_early (id BLOB PRIMARY KEY, at BIGINT NOT NULL);  -- arrived, held, not filed yet
-- One consignment: what its dispatches come to. Made again from them at each filing.
CREATE TABLE precursors_notice (
  root BLOB PRIMARY KEY,
  case_id BLOB NOT NULL,
  ours BIGINT NOT NULL,                  -- we are the exporting side
  state TEXT NOT NULL,
  irregular BIGINT NOT NULL,
  out_of_turn BIGINT NOT NULL,           -- how many dispatches
  version BIGINT NOT NULL,
  newest BLOB NOT NULL,                  -- the version in force
  since BIGINT NOT NULL,
  answer BIGINT,                         -- limits, each the first millisecond after it
  certificate BIGINT,
  sails BIGINT NOT NULL,
  leaves BIGINT NOT NULL,
  lands BIGINT,
  permits BIGINT,
  silence TEXT NOT NULL,
  known BIGINT NOT NULL,                 -- the holidays of all years counted are announced
  same_days BIGINT NOT NULL,             -- both sides count by the same calendars
  due BIGINT,                            -- of what is awaited next
  waits_for TEXT NOT NULL,               -- `ours`, `theirs` or nothing
  reference TEXT NOT NULL,
  title TEXT NOT NULL,
  exporter TEXT NOT NULL,
  importer TEXT NOT NULL
);
CREATE INDEX precursors_notice_due ON precursors_notice (waits_for, due);
CREATE INDEX precursors_notice_open ON precursors_notice (ours, state, answer);
-- What our own screen said of one version: made here, kept here.
CREATE TABLE precursors_screened (
  id BLOB PRIMARY KEY,
  at BIGINT,                             -- null: still to be screened
  asymmetric BIGINT,
  verdict TEXT,
  found TEXT
);
-- Of which limit of ours whoever is on duty was told, once each; a new version is told anew.
CREATE TABLE precursors_told (
  root BLOB NOT NULL,
  since BIGINT NOT NULL,
  stage TEXT NOT NULL,
  PRIMARY KEY (root, since, stage)
);
