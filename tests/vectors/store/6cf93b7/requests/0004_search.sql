-- What lists and search ask for. All of it is made from the rows of 0001 and can be dropped and filled again.
CREATE TABLE requests_reach (            -- agencies of ours that sent or received anything of a case
  case_id BLOB NOT NULL, agency TEXT NOT NULL, PRIMARY KEY (case_id, agency));
CREATE INDEX requests_reach_agency ON requests_reach (agency, case_id);
CREATE TABLE requests_text (             -- the words of a dispatch in one plain form; an index of them is the store's own
  place INTEGER PRIMARY KEY,             -- 1, 2, 3... in the order of filing
  id BLOB NOT NULL UNIQUE,
  case_id BLOB NOT NULL,
  at BIGINT NOT NULL,                    -- when it was filed
  words TEXT NOT NULL,                   -- empty of what was recalled
  tags TEXT NOT NULL,                    -- kind, side and agencies, each as one word
  scope TEXT NOT NULL                    -- the case and our agencies in it, each as one word
);
CREATE INDEX requests_text_case ON requests_text (case_id);
CREATE INDEX requests_text_at ON requests_text (at, place);
CREATE INDEX requests_dispatch_new ON requests_dispatch (created, id);
CREATE INDEX requests_dispatch_open ON requests_dispatch (ours, due_next, id) WHERE due_next IS NOT NULL;
CREATE INDEX requests_dispatch_settled ON requests_dispatch ((COALESCE(answered, refused, seen, created)), id)
  WHERE due_next IS NULL;
CREATE INDEX requests_case_theirs ON requests_case (theirs);
