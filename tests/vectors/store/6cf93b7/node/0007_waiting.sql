-- What waits for people is asked by every page: without reading all that was ever kept or done.
CREATE INDEX kept_waiting ON kept (at, id) WHERE state = 'held' AND ended_at IS NULL;
CREATE INDEX act_held ON act (dispatch, at) WHERE effect = 'held';
