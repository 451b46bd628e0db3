-- What each item of the workplan brought is counted without reading rows.
CREATE INDEX precursors_dispatch_item ON precursors_dispatch (item, case_id, kind, ours) WHERE item IS NOT NULL;
