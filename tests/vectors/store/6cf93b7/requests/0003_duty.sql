-- What never crosses: changes of shifts, hand-over notes, tasks to our own agencies, who was rung. Times are milliseconds UTC.
CREATE TABLE requests_shift (            -- a change of one shift on one date; the newest of a shift and date holds
  place BIGINT PRIMARY KEY,
  desk TEXT NOT NULL, role TEXT NOT NULL, number BIGINT NOT NULL, opens TEXT NOT NULL,   -- the shift, as the roster has it
  day TEXT NOT NULL,                     -- date on which it begins, by the clock of its zone
  what TEXT NOT NULL,                    -- absence, substitute, swap, planned (as the roster has it again)
  stands_in BIGINT,                      -- whose it is now; null: nobody's
  note TEXT NOT NULL,
  by_desk TEXT NOT NULL, by_number BIGINT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX requests_shift_day ON requests_shift (day);
CREATE TABLE requests_handover (         -- what the one going off duty leaves
  id BLOB PRIMARY KEY,
  place BIGINT NOT NULL UNIQUE,
  desk TEXT NOT NULL, by_number BIGINT NOT NULL, at BIGINT NOT NULL,
  eye TEXT NOT NULL, promised TEXT NOT NULL, home TEXT NOT NULL,
  made TEXT NOT NULL,                    -- what the node added when it was signed, as JSON
  record BIGINT NOT NULL,                -- leaf in our decision log
  taken_number BIGINT, taken_at BIGINT);
CREATE INDEX requests_handover_open ON requests_handover (desk, taken_at);
CREATE TABLE requests_task (             -- asked of an agency or officer of ours
  id BLOB PRIMARY KEY,
  place BIGINT NOT NULL UNIQUE,
  case_id BLOB, dispatch BLOB,           -- what it belongs to, if to anything
  agency TEXT NOT NULL, number BIGINT,   -- to whom; null: any officer of the agency
  asked TEXT NOT NULL,
  desk TEXT NOT NULL, by_number BIGINT NOT NULL, by_agency TEXT NOT NULL, given BIGINT NOT NULL,
  due BIGINT NOT NULL,
  case_limit BIGINT,                     -- from which `due` was derived
  state TEXT NOT NULL,                   -- given, taken, done, refused, withdrawn
  taken_number BIGINT, taken_at BIGINT,
  answer TEXT NOT NULL,
  closed_number BIGINT, closed_at BIGINT);
CREATE INDEX requests_task_open ON requests_task (closed_at, due);
CREATE INDEX requests_task_case ON requests_task (case_id);
CREATE TABLE requests_task_reminder (    -- a reminder that was due, and when it was given
  task BLOB NOT NULL, due BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (task, due));
CREATE TABLE requests_bell (             -- whom to ring elsewhere, and when not to
  desk TEXT NOT NULL, number BIGINT NOT NULL, mail TEXT NOT NULL,
  quiet_from TEXT NOT NULL, quiet_to TEXT NOT NULL, zone TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (desk, number));
CREATE TABLE requests_rung (             -- what was rung for whom: number 0 of way `command` is the node's own command
  thing TEXT NOT NULL, way TEXT NOT NULL, number BIGINT NOT NULL,
  times BIGINT NOT NULL,                 -- rings that were begun
  at BIGINT NOT NULL,                    -- of the last
  failed BIGINT NOT NULL,                -- 1: the last one is known not to have gone, and is repeated
  PRIMARY KEY (thing, way, number));
CREATE INDEX requests_rung_at ON requests_rung (at);
