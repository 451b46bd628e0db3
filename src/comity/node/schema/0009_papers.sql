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
