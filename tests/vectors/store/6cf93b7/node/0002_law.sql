-- What the law asks the node to keep: editions, held drafts and their approvals, what is owed, persons asked about, acts.
CREATE TABLE law_edition (               -- every edition that ever decided here, so that a decision can be made again
  hash BLOB PRIMARY KEY, published BLOB NOT NULL, supplement BLOB NOT NULL, since BIGINT NOT NULL);
ALTER TABLE kept ADD COLUMN form BLOB;   -- the whole form of a draft that may be taken up again
ALTER TABLE kept ADD COLUMN subject BLOB;          -- hash of what an approval of it binds to
ALTER TABLE kept ADD COLUMN by_desk TEXT;
ALTER TABLE kept ADD COLUMN by_number BIGINT;
ALTER TABLE kept ADD COLUMN ended_at BIGINT;       -- released, dropped or replaced
ALTER TABLE kept ADD COLUMN became BLOB;           -- the dispatch that it became
CREATE TABLE approval (                  -- one person's yes or no to one subject (the hash of what is approved)
  subject BLOB NOT NULL, role TEXT NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL, yes BIGINT NOT NULL,
  reason TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (subject, role, desk, number));
CREATE TABLE owed (                      -- what was deferred or ordered, and by when
  id BLOB PRIMARY KEY, what TEXT NOT NULL, dispatch BLOB, role TEXT NOT NULL, due BIGINT, since BIGINT NOT NULL,
  done_at BIGINT, done_record BIGINT, rung_at BIGINT);
CREATE INDEX owed_open ON owed (done_at, due);
CREATE TABLE alarm (                     -- for a role of ours, without content; never for the peer
  id BLOB PRIMARY KEY, kind TEXT NOT NULL, role TEXT NOT NULL, about TEXT NOT NULL, dispatch BLOB, at BIGINT NOT NULL,
  seen_at BIGINT);
CREATE INDEX alarm_open ON alarm (seen_at, at);
CREATE TABLE person_asked (              -- distinct persons that a side asked about: a keyed hash, never a name
  ours BIGINT NOT NULL, purpose TEXT NOT NULL, period BIGINT NOT NULL, person BLOB NOT NULL, dispatch BLOB NOT NULL,
  at BIGINT NOT NULL, PRIMARY KEY (ours, purpose, period, person));
CREATE TABLE association_asked (         -- distinct members of one association, for our reviewer only
  ours BIGINT NOT NULL, association BLOB NOT NULL, period BIGINT NOT NULL, person BLOB NOT NULL, dispatch BLOB NOT NULL,
  at BIGINT NOT NULL, PRIMARY KEY (ours, association, period, person));
CREATE TABLE dissent (                   -- a decider's no or doubt about some content, so that another yes is a dispute
  link BLOB NOT NULL, act TEXT NOT NULL, draft BLOB NOT NULL, content TEXT NOT NULL, tainted BIGINT NOT NULL,
  at BIGINT NOT NULL, PRIMARY KEY (link, act, draft));
CREATE TABLE act (                       -- what was done, or not allowed, with a dispatch that is held
  id BLOB PRIMARY KEY, dispatch BLOB NOT NULL, act TEXT NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL,
  effect TEXT NOT NULL, particulars BLOB NOT NULL, record BIGINT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX act_dispatch ON act (dispatch, at);
CREATE TABLE viewed (                    -- who of ours looked at a dispatch, the first time each
  dispatch BLOB NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (dispatch, desk, number));
CREATE TABLE consent (                   -- a use that the originator consented to for one dispatch, and by which answer
  dispatch BLOB NOT NULL, release TEXT NOT NULL, answer BLOB NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (dispatch, release, answer));
ALTER TABLE pool ADD COLUMN not_before BIGINT;     -- an answer whose time would tell something waits for its time bucket
