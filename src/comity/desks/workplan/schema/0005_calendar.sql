-- Of what our own side was told: a proposal of theirs that nobody of ours has answered, once for each stage.
CREATE TABLE workplan_told (
  proposal BLOB NOT NULL,
  stage TEXT NOT NULL,                   -- soon, over
  PRIMARY KEY (proposal, stage)
);
-- The one address of each officer's calendar that a program may ask for without signing in. Gone once it is taken back.
CREATE TABLE workplan_feed (
  desk TEXT NOT NULL,
  number BIGINT NOT NULL,
  token_sha256 BLOB NOT NULL UNIQUE,
  since BIGINT NOT NULL,                 -- the machine's clock
  PRIMARY KEY (desk, number)
);
