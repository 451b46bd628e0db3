-- Editions of the accord on their way between the two roots: what each side proposed, signed or refused, by dispatch.
CREATE TABLE amendment (
  dispatch BLOB PRIMARY KEY,
  ours BIGINT NOT NULL,                  -- 1: our node sent it
  stage TEXT NOT NULL,                   -- proposed, agreed, refused
  edition BIGINT NOT NULL,
  text_sha256 BLOB NOT NULL,             -- of the text, whoever signed it
  signed BLOB NOT NULL,
  note TEXT NOT NULL,
  at BIGINT NOT NULL,
  fact BIGINT NOT NULL DEFAULT 0         -- of ours: the receipt of the other side, 0 while there is none
);
ALTER TABLE paper ADD COLUMN told BIGINT;  -- when people were told that it stands in one log and not in the other
