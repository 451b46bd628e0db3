-- Attachments: files beside the database, sealed; here stands what they are and how far they have come. The content key
-- stands in the attachments part of the dispatch alone, and before it is sent in the row of the file that is being added.
CREATE TABLE attaching (                 -- files added to a draft that has not left
  files BLOB NOT NULL,                   -- number that the dispatch will have, if they leave with one
  number BIGINT NOT NULL,
  name TEXT NOT NULL, media TEXT NOT NULL,
  size BIGINT NOT NULL,                  -- of the plain file
  key BLOB NOT NULL,
  part TEXT NOT NULL,                    -- name of the file in the store while it is being written
  cipher BLOB,                           -- SHA-256 of the ciphertext, null until it is whole
  state TEXT NOT NULL,
  found TEXT NOT NULL,                   -- type found by content, '' until it was looked at
  desk TEXT NOT NULL, officer BIGINT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (files, number));
CREATE TABLE attachment (                -- files of dispatches, ours and theirs
  dispatch BLOB NOT NULL, number BIGINT NOT NULL, ours BIGINT NOT NULL,
  cipher BLOB NOT NULL, cipher_size BIGINT NOT NULL,
  state TEXT NOT NULL, found TEXT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (dispatch, number));
CREATE INDEX attachment_cipher ON attachment (cipher);
CREATE INDEX attachment_open ON attachment (state, since);
