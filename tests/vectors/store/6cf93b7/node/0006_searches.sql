-- Searches of ours: who looked for what when, and how much was found. Read by our reviewer alone; erased after a time.
CREATE TABLE searched (
  id BLOB PRIMARY KEY, desk TEXT NOT NULL, number BIGINT NOT NULL,
  words TEXT NOT NULL,                   -- as they were typed; they can name a person
  narrowed TEXT NOT NULL,                -- kind, side and days that it was narrowed to
  cases BIGINT NOT NULL, hits BIGINT NOT NULL,
  at BIGINT NOT NULL);
CREATE INDEX searched_at ON searched (at, id);
CREATE INDEX searched_officer ON searched (desk, number, at);
