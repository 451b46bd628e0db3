-- The words of each consignment, made from its version in force; they can be dropped and filled again.
CREATE TABLE precursors_text (
  place INTEGER PRIMARY KEY,             -- 1, 2, 3... in the order of filing
  id BLOB NOT NULL UNIQUE,               -- its first version
  case_id BLOB NOT NULL,
  at BIGINT NOT NULL,                    -- when the first version was filed
  words TEXT NOT NULL,                   -- empty of what was recalled or erased
  tags TEXT NOT NULL,                    -- kind, side and agencies, each as one word
  scope TEXT NOT NULL                    -- the case and our agencies in it, each as one word
);
CREATE INDEX precursors_text_case ON precursors_text (case_id);
CREATE INDEX precursors_text_at ON precursors_text (at, place);
