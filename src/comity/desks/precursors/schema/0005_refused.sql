-- A recall or correction that the other side did not let in: it was asked, and holds the goods until that is resolved.
ALTER TABLE precursors_mark ADD COLUMN refused BIGINT NOT NULL DEFAULT 0;
CREATE INDEX precursors_notice_exporter ON precursors_notice (exporter, ours, leaves);
CREATE INDEX precursors_notice_importer ON precursors_notice (importer, ours, leaves);
CREATE INDEX precursors_notice_case ON precursors_notice (case_id);
