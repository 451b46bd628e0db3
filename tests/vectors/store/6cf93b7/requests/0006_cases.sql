-- The list of cases: when something last moved in each, and what is owed and who takes part without reading every dispatch.
ALTER TABLE requests_case ADD COLUMN moved BIGINT;   -- when anything of it was last filed or receipted here; null: as opened
UPDATE requests_case SET moved = (SELECT MAX(COALESCE(answered, refused, seen, arrived, committed, created))
  FROM requests_dispatch d WHERE d.case_id = requests_case.id);
CREATE INDEX requests_case_moved ON requests_case ((COALESCE(moved, opened)), id);
CREATE INDEX requests_dispatch_owed ON requests_dispatch (case_id, due_next, quarantined, filed) WHERE due_next IS NOT NULL;
CREATE INDEX requests_dispatch_ends ON requests_dispatch (case_id, from_agency, to_agency);
