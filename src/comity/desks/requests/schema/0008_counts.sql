-- What is counted for a page and what waits for a word is found without reading rows, which hold content.
DROP INDEX requests_dispatch_day;
CREATE INDEX requests_dispatch_day ON requests_dispatch (created, item);
DROP INDEX requests_dispatch_due;
CREATE INDEX requests_dispatch_due ON requests_dispatch (ours, due_next, item) WHERE due_next IS NOT NULL;
CREATE INDEX requests_dispatch_item ON requests_dispatch (item, case_id, kind, ours) WHERE item IS NOT NULL;
CREATE INDEX requests_dispatch_note ON requests_dispatch (kind, stage, answered, refused, created, id)
  WHERE kind = 'contact-note' AND stage = 'noted' AND answered IS NULL AND refused IS NULL;
