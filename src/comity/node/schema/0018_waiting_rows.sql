-- What waits and what is new is found without reading rows, which hold sealed bytes and content. The columns that a condition
-- names stand in the index, too, so that a planner without statistics takes it and needs no row.
CREATE INDEX sent_waiting ON sent (fact, settled_at, lane, idx, sent_at) WHERE fact = 0 AND settled_at IS NULL;
CREATE INDEX sent_receipt ON sent (receipt_idx, id) WHERE settled_at IS NOT NULL;
CREATE INDEX sent_unopened ON sent (fact, idx) WHERE fact = 3;
CREATE INDEX got_debt ON got (fact, settled_at, sealed, lane, idx) WHERE fact = 0 AND settled_at IS NULL AND sealed IS NULL;
CREATE INDEX got_receipt ON got (receipt_idx, id) WHERE settled_at IS NOT NULL AND fact = 2;
CREATE INDEX got_cut_off ON got (fact, settled_at, id) WHERE fact = 1 AND settled_at IS NOT NULL;  -- above a cut
CREATE INDEX got_unopened ON got (fact, settled_at, idx) WHERE fact = 3;
CREATE INDEX pool_lane ON pool (lane, place);
CREATE INDEX pool_later ON pool (not_before) WHERE not_before IS NOT NULL;
CREATE INDEX pool_dispatch ON pool (dispatch) WHERE dispatch IS NOT NULL;
CREATE INDEX sent_node ON sent (desk, idx) WHERE desk = 'node';
CREATE INDEX record_rare ON record (kind, idx) WHERE kind NOT IN ('sent', 'received');
CREATE INDEX entry_record ON entry (role, idx) WHERE substr(entry, 16, 1) = x'06';  -- leaves of records, which are few
