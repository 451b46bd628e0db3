-- Registers, stocks, firms, declarations, alerts and reversals. Quantities are whole grams, days ISO text, times milliseconds UTC.
CREATE TABLE precursors_movement (
  party TEXT NOT NULL,
  id TEXT NOT NULL,                      -- number in the register of that side
  holder TEXT NOT NULL,
  substance TEXT NOT NULL,
  kind TEXT NOT NULL,
  grams BIGINT NOT NULL,
  day TEXT NOT NULL,
  consignment TEXT NOT NULL,             -- "" where there is none
  other TEXT NOT NULL,                   -- firm at the other end, "" where there is none
  PRIMARY KEY (party, id)
);
CREATE INDEX precursors_movement_account ON precursors_movement (party, holder, substance, day);
CREATE TABLE precursors_stock (
  party TEXT NOT NULL,
  holder TEXT NOT NULL,
  substance TEXT NOT NULL,
  day TEXT NOT NULL,
  grams BIGINT NOT NULL,
  PRIMARY KEY (party, holder, substance, day)
);
CREATE TABLE precursors_holder (
  party TEXT NOT NULL,
  id TEXT NOT NULL,
  rest TEXT NOT NULL,                    -- founded, traits, yearly, as JSON
  PRIMARY KEY (party, id)
);
CREATE TABLE precursors_consignment (
  id TEXT NOT NULL,
  declared_by TEXT NOT NULL,
  day TEXT NOT NULL,
  rest TEXT NOT NULL,                    -- the declaration, as JSON
  PRIMARY KEY (id, declared_by)
);
CREATE INDEX precursors_consignment_day ON precursors_consignment (day);
CREATE TABLE precursors_alert (
  id TEXT NOT NULL,
  arithmetic TEXT NOT NULL,              -- another number, another row: what an officer saw stays readable
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  score_milli BIGINT NOT NULL,
  lines TEXT NOT NULL,                   -- the arithmetic, as JSON
  first_at BIGINT NOT NULL,
  PRIMARY KEY (id, arithmetic)
);
CREATE TABLE precursors_reversal (
  alert TEXT NOT NULL,
  arithmetic TEXT NOT NULL,
  officer TEXT NOT NULL,                 -- desk and number, never a name
  at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (alert, arithmetic)
);
