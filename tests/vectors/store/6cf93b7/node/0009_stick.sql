-- What was carried on media: sets written and read, and the answer to a peer's `recover` that the next set takes back.
CREATE TABLE carried (
  set_id BLOB NOT NULL, way TEXT NOT NULL,   -- written, read
  at BIGINT NOT NULL, files BIGINT NOT NULL, dispatches BIGINT NOT NULL, receipts BIGINT NOT NULL,
  PRIMARY KEY (set_id, way));
CREATE TABLE carry_back (
  one BIGINT PRIMARY KEY CHECK (one = 1), asked BLOB NOT NULL, status BIGINT NOT NULL, answer BLOB NOT NULL);
