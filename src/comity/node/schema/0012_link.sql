-- What one side may do to the link: suspend and resume, challenge a head; and the wishes that wait for a second person.
ALTER TABLE sent ADD COLUMN kind TEXT;             -- what may travel while the exchange is suspended
ALTER TABLE link ADD COLUMN stops TEXT NOT NULL DEFAULT '';         -- who suspended what, and who ended the accord
ALTER TABLE link ADD COLUMN challenged BIGINT NOT NULL DEFAULT 0;   -- heads of the peer that wait for their proof
CREATE TABLE link_wish (                 -- an act on the link that one person asked for, until a second one confirms it
  id BLOB PRIMARY KEY, act TEXT NOT NULL, scope TEXT NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL,
  reason TEXT NOT NULL, at BIGINT NOT NULL, second_desk TEXT, second_number BIGINT, ended_at BIGINT, done BIGINT NOT NULL);
CREATE TABLE challenge (                 -- a head of the peer that its entries did not give, as our log asks for its proof
  note TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL,
  asked_at BIGINT,                       -- when the peer had co-signed our leaf
  reached_ms BIGINT NOT NULL, looked_at BIGINT NOT NULL, heard_at BIGINT NOT NULL);
