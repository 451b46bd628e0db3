-- Changes of the plan of shifts: a row adds a standing shift or ends one. The roster file stays the base; rows are never rewritten.
CREATE TABLE requests_plan (
  place BIGINT PRIMARY KEY, what TEXT NOT NULL,            -- added, ended
  desk TEXT NOT NULL, role TEXT NOT NULL, number BIGINT NOT NULL, zone TEXT NOT NULL, days TEXT NOT NULL,
  opens TEXT NOT NULL, closes TEXT NOT NULL, note TEXT NOT NULL,
  by_desk TEXT NOT NULL, by_number BIGINT NOT NULL, at BIGINT NOT NULL,
  record BIGINT NOT NULL);                                 -- leaf in our decision log
