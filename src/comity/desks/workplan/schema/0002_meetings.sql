-- Meetings: which dispatches are operations of which, beside their rows in workplan_dispatch, and what stays at home.
CREATE TABLE workplan_operation (
  id BLOB PRIMARY KEY,
  case_id BLOB NOT NULL,                 -- the meeting: the dispatch that called it
  role TEXT NOT NULL                     -- of the author, by the header
);
CREATE INDEX workplan_operation_case ON workplan_operation (case_id);
-- Preparation notes: one for each officer and meeting. Never part of a dispatch.
CREATE TABLE workplan_note (
  case_id BLOB NOT NULL,
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  at BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (case_id, officer_desk, officer)
);
-- What an officer is writing, not published yet. Never part of a dispatch before that officer sends it.
CREATE TABLE workplan_draft (
  case_id BLOB NOT NULL,
  paragraph BLOB NOT NULL,
  language TEXT NOT NULL,
  officer_desk TEXT NOT NULL,
  officer BIGINT NOT NULL,
  at BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (case_id, paragraph, language, officer_desk, officer)
);
