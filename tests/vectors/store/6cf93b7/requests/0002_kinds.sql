-- What the other kinds leave: whose a question is after a transfer, how it ended otherwise, what is kept, promised, used.
ALTER TABLE requests_dispatch ADD COLUMN passed_to TEXT;      -- the agency that has it since a transfer
ALTER TABLE requests_dispatch ADD COLUMN passed_by BLOB;      -- the transfer
ALTER TABLE requests_dispatch ADD COLUMN withdrawn BIGINT;    -- its asker took it back; answered_by is the withdrawal
ALTER TABLE requests_dispatch ADD COLUMN converted BIGINT;    -- it goes on by treaty; answered_by is the conversion
CREATE INDEX requests_dispatch_kind ON requests_dispatch (kind, due_next) WHERE due_next IS NOT NULL;
CREATE TABLE requests_keeping (
  id BLOB PRIMARY KEY,                   -- the preserve that asks
  ours BIGINT NOT NULL,                  -- 1: we ask, they keep
  case_id BLOB NOT NULL,
  asked BIGINT NOT NULL,                 -- until when it is asked
  kept BIGINT,                           -- until when it is kept, as the answer says
  answer BLOB,
  renewed_by BLOB,                       -- the preserve that renews it, once that is answered
  told BIGINT                            -- when our own side was told that the end is near
);
CREATE INDEX requests_keeping_kept ON requests_keeping (kept);
CREATE TABLE requests_treaty (
  id BLOB PRIMARY KEY,                   -- the conversion
  ours BIGINT NOT NULL,
  case_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  authority TEXT NOT NULL,
  instrument TEXT NOT NULL,
  number TEXT NOT NULL,                  -- the central authority's, if it is known
  usable TEXT NOT NULL                   -- blanks between several
);
CREATE INDEX requests_treaty_case ON requests_treaty (case_id);
CREATE TABLE requests_feedback (
  answer BLOB PRIMARY KEY,
  ours BIGINT NOT NULL,                  -- whose answer; the other side owes the feedback
  case_id BLOB NOT NULL,
  item TEXT,
  since BIGINT NOT NULL,                 -- when the final answer was filed
  first_told BIGINT,                     -- when our own side was told that it is due
  second_told BIGINT,
  feedback BLOB,
  at BIGINT,
  useful TEXT,
  used TEXT
);
CREATE INDEX requests_feedback_open ON requests_feedback (since) WHERE feedback IS NULL;
CREATE INDEX requests_feedback_told ON requests_feedback (ours, since) WHERE feedback IS NULL AND second_told IS NULL;
CREATE TABLE requests_assurance (
  id BLOB PRIMARY KEY,
  ours BIGINT NOT NULL,                  -- who promises
  target BLOB NOT NULL,
  case_id BLOB NOT NULL,
  covers TEXT NOT NULL,
  authority TEXT NOT NULL,
  until BIGINT,
  at BIGINT NOT NULL
);
CREATE INDEX requests_assurance_target ON requests_assurance (target);
