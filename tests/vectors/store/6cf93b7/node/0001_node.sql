-- The rows of one node: its logs, what it sent and got, the link. Times are milliseconds UTC, log times seconds.
CREATE TABLE log (
  role TEXT PRIMARY KEY,                 -- ours, theirs (our mirror of the peer's), decision
  origin TEXT NOT NULL UNIQUE,
  size BIGINT NOT NULL,
  head_size BIGINT NOT NULL,             -- newest signed head: ours, or the peer's that we accepted
  head_time BIGINT NOT NULL,
  head_root BLOB NOT NULL,
  cosigned_size BIGINT NOT NULL,         -- newest cosignature: the peer's on ours, ours on theirs
  cosigned_time BIGINT NOT NULL
);
CREATE TABLE entry (role TEXT NOT NULL, idx BIGINT NOT NULL, entry BLOB NOT NULL, PRIMARY KEY (role, idx));
CREATE TABLE tile (role TEXT NOT NULL, level BIGINT NOT NULL, n BIGINT NOT NULL, hashes BLOB NOT NULL,
  PRIMARY KEY (role, level, n));
CREATE TABLE head (role TEXT NOT NULL, size BIGINT NOT NULL, time BIGINT NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
  cosignature TEXT, cosigned_time BIGINT, PRIMARY KEY (role, size, time));
CREATE TABLE pending_head (note TEXT PRIMARY KEY, size BIGINT NOT NULL, time BIGINT NOT NULL, root BLOB NOT NULL);
CREATE TABLE pool (place BIGINT PRIMARY KEY, lane BIGINT NOT NULL, entry BLOB NOT NULL, dispatch BLOB);
CREATE TABLE sent (
  id BLOB PRIMARY KEY,
  idx BIGINT,                            -- leaf in our log, null while it waits in the pool
  lane BIGINT NOT NULL,
  desk TEXT NOT NULL,
  case_id BLOB NOT NULL,
  sealed_sha256 BLOB NOT NULL,
  decision_salt BLOB NOT NULL,
  sent_at BIGINT NOT NULL,
  fact BIGINT NOT NULL DEFAULT 0,        -- newest receipt fact short of seen; 0 none
  code TEXT,
  receipt_idx BIGINT,                    -- leaf of that receipt in the peer's log
  arrived_at BIGINT,
  settled_at BIGINT,
  seen_at BIGINT,
  seen_idx BIGINT,
  sealed BLOB NOT NULL,
  plain BLOB NOT NULL                    -- the four parts with their salts
);
CREATE INDEX sent_open ON sent (settled_at, lane, idx);
CREATE UNIQUE INDEX sent_idx ON sent (idx);
CREATE INDEX sent_case ON sent (case_id, lane);
CREATE TABLE got (
  idx BIGINT PRIMARY KEY,                -- leaf in the peer's log
  id BLOB NOT NULL UNIQUE,
  lane BIGINT NOT NULL,
  case_id BLOB,                          -- null until it is opened
  sealed_sha256 BLOB NOT NULL,
  size BIGINT NOT NULL,
  commitment BLOB NOT NULL,
  edition BIGINT NOT NULL,
  known_at BIGINT NOT NULL,              -- when the leaf came
  fact BIGINT NOT NULL DEFAULT 0,        -- 0 no receipt yet
  code TEXT,
  receipt_idx BIGINT,                    -- leaf of our newest receipt, null while in the pool
  arrived_at BIGINT,
  settled_at BIGINT,
  seen_at BIGINT,
  sealed BLOB,                           -- null: the bytes have not come, a named debt
  plain BLOB
);
CREATE INDEX got_open ON got (settled_at, idx);
CREATE INDEX got_case ON got (case_id, lane);
CREATE TABLE waits (id BLOB NOT NULL, predecessor BLOB NOT NULL, PRIMARY KEY (id, predecessor));
CREATE INDEX waits_for ON waits (predecessor);
CREATE TABLE custody (                   -- content that our law did not admit, sealed to the custodian
  id BLOB PRIMARY KEY, idx BIGINT NOT NULL, kid BLOB NOT NULL, sealed BLOB NOT NULL, since BIGINT NOT NULL);
CREATE TABLE mark (target BLOB PRIMARY KEY, by_id BLOB NOT NULL, kind TEXT NOT NULL);
CREATE TABLE record (
  idx BIGINT PRIMARY KEY,                -- leaf in our decision log
  kind TEXT NOT NULL,
  dispatch BLOB,
  salt BLOB NOT NULL,
  record BLOB NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX record_dispatch ON record (dispatch);
CREATE TABLE kept (
  id BLOB PRIMARY KEY,                   -- a draft that was refused, referred or held; never crossed
  state TEXT NOT NULL,
  desk TEXT NOT NULL,
  kind TEXT NOT NULL,
  case_id BLOB,
  re BLOB,
  at BIGINT NOT NULL,
  outward TEXT,
  refer_to TEXT,
  missing TEXT NOT NULL,
  rings TEXT,                            -- role rung at once, where the draft was immediate
  body BLOB NOT NULL
);
CREATE TABLE instrument (digest BLOB PRIMARY KEY, kind TEXT NOT NULL, signed BLOB NOT NULL,
  from_ours BIGINT NOT NULL);            -- leaf in our log
CREATE TABLE evidence (found BIGINT NOT NULL, class TEXT NOT NULL, evidence BLOB NOT NULL, PRIMARY KEY (found, class));
CREATE TABLE link (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  reason TEXT NOT NULL,
  failures BIGINT NOT NULL,
  last_good BIGINT,
  clock_off BIGINT NOT NULL
);
CREATE TABLE opening (                   -- what opens an l-record leaf of our exchange log
  idx BIGINT PRIMARY KEY, kind TEXT NOT NULL, salt BLOB NOT NULL, record BLOB NOT NULL, at BIGINT NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
CREATE TABLE difference (id BLOB PRIMARY KEY, day TEXT NOT NULL, what TEXT NOT NULL, at BIGINT NOT NULL);
