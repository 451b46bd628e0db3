-- Start and restore: incarnations of both logs, a recovery under way, what a put-back store lost, what is asked for again.
CREATE TABLE incarnation (               -- of a log: when its node last recovered, seconds, and how many `restored` leaves it has
  role TEXT PRIMARY KEY, second BIGINT NOT NULL, restored BIGINT NOT NULL);
CREATE TABLE recovery (                  -- the recover that we repeat until it is answered
  one BIGINT PRIMARY KEY CHECK (one = 1), incarnation BIGINT NOT NULL, request BLOB NOT NULL, again BIGINT NOT NULL);
CREATE TABLE recovered (                 -- our answers that made the peer's new incarnation known here, as signed
  digest BLOB PRIMARY KEY, incarnation BIGINT NOT NULL, signed BLOB NOT NULL);
CREATE TABLE disowned_head (note TEXT PRIMARY KEY, time BIGINT NOT NULL);   -- heads of the peer that it has not disowned yet
CREATE TABLE lost (                      -- a dispatch of ours whose content a put-back store lost; its leaf came from the peer
  id BLOB PRIMARY KEY, idx BIGINT NOT NULL UNIQUE, fact BIGINT NOT NULL, withdrawn BIGINT NOT NULL,
  settled_at BIGINT);
CREATE TABLE regot (                     -- of the peer: receipted in the part of our log that came back; to be filed here again
  idx BIGINT PRIMARY KEY, receipt_idx BIGINT, seen BIGINT NOT NULL);
