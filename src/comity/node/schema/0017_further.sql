-- What was destroyed in part can be destroyed further: each further erasure is a row of its own, under a number of its own.
ALTER TABLE erasure ADD COLUMN about BLOB;  -- of a further one: which dispatch; null: `dispatch` names it
CREATE INDEX erasure_about ON erasure (about) WHERE about IS NOT NULL;
