-- Key lists and editions of the accord after the ceremony, and how often what could not be opened was sealed anew.
CREATE TABLE paper (
  digest BLOB PRIMARY KEY,               -- of the signed bytes
  kind TEXT NOT NULL,                    -- keys, accord
  node TEXT NOT NULL,                    -- of a key list: whose; of an accord: who proposed it
  edition BIGINT NOT NULL,
  signed BLOB NOT NULL,
  since BIGINT NOT NULL,
  dispatch BLOB,                         -- by which it went or came, null where it came back after a restore
  ready BIGINT NOT NULL,                 -- 1: the other side holds it, so that it may stand in our log
  our_idx BIGINT,                        -- leaf in our log, null while it has none
  their_idx BIGINT                       -- leaf in the peer's log
);
ALTER TABLE log ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;  -- size of the head that first covers its newest key list
CREATE TABLE reseal (                    -- leaves by which a dispatch was sealed anew, in our log or the peer's
  role TEXT NOT NULL, leaf_idx BIGINT NOT NULL, idx BIGINT NOT NULL, sealed_sha256 BLOB NOT NULL, size BIGINT NOT NULL,
  try BIGINT NOT NULL, PRIMARY KEY (role, leaf_idx));
CREATE INDEX reseal_of ON reseal (role, idx);
ALTER TABLE sent ADD COLUMN resealed_idx BIGINT;  -- newest l-reseal of it, under whose index its bytes travel
CREATE TABLE set_aside (                 -- bytes of the peer that we could not open and that were sealed anew
  idx BIGINT NOT NULL, sealed_sha256 BLOB NOT NULL, sealed BLOB NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (idx, sealed_sha256));
