-- Forms handed in from a screen: the same form twice is one dispatch.
CREATE TABLE handed_in (
  form BLOB NOT NULL,                    -- hash of the form's number and the officer who filled it in
  content BLOB NOT NULL,                 -- hash of what was filled in
  draft BLOB NOT NULL,                   -- what it became: a dispatch, or a draft that was kept
  sent BIGINT NOT NULL,                  -- it left at once
  at BIGINT NOT NULL, PRIMARY KEY (form, content));
