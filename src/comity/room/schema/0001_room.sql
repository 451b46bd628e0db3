-- The places of both logs of a room, and what waits for a place. All of it is ciphertext and commitments.
CREATE TABLE room_place (
  role TEXT NOT NULL,
  idx BIGINT NOT NULL,
  opening BLOB NOT NULL,
  behind BLOB NOT NULL,
  PRIMARY KEY (role, idx)
);
CREATE TABLE room_waiting (
  place INTEGER PRIMARY KEY,
  commitment BLOB NOT NULL UNIQUE,
  opening BLOB NOT NULL,
  behind BLOB NOT NULL
);
CREATE TABLE room_clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  slot BIGINT NOT NULL
);
CREATE TABLE room_charter (
  edition BIGINT PRIMARY KEY,
  signed BLOB NOT NULL
);
