-- What the sender of a dispatch of this desk did to it later: recalled it, a part of it, or corrected it.
CREATE TABLE precursors_mark (
  target BLOB NOT NULL,
  by_id BLOB NOT NULL,                   -- the recall or correction
  ours BIGINT NOT NULL,                  -- it counts only on a dispatch of the same side
  kind TEXT NOT NULL,                    -- recall, recall-part or correction
  made BIGINT NOT NULL,                  -- its sender's clock
  PRIMARY KEY (target, by_id)
);
ALTER TABLE precursors_notice ADD COLUMN marks TEXT NOT NULL DEFAULT '';  -- holds of marks, blanks between several
