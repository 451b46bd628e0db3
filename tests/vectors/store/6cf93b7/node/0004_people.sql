-- Officers at their screens: accounts beside the roster, passkeys, invitations, ceremonies under way, sessions, who has a case.
CREATE TABLE account (                   -- what the roster does not say of an officer; a row is made when it is first needed
  desk TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL, handle BLOB NOT NULL UNIQUE,
  subject TEXT UNIQUE,                   -- issuer and subject at the agency's own sign-in, null without one
  settings TEXT NOT NULL, since BIGINT NOT NULL, suspended_at BIGINT, PRIMARY KEY (desk, number));
CREATE TABLE passkey (
  credential BLOB PRIMARY KEY, desk TEXT NOT NULL, number BIGINT NOT NULL, public_key BLOB NOT NULL,
  sign_count BIGINT NOT NULL, label TEXT NOT NULL, transports TEXT NOT NULL, since BIGINT NOT NULL, used_at BIGINT,
  revoked_at BIGINT);
CREATE INDEX passkey_officer ON passkey (desk, number);
CREATE TABLE invitation (                -- a link by which one officer registers one passkey, once
  token_sha256 BLOB PRIMARY KEY, desk TEXT NOT NULL, number BIGINT NOT NULL, by_officer TEXT NOT NULL,
  since BIGINT NOT NULL, until BIGINT NOT NULL, used_at BIGINT);
CREATE INDEX invitation_officer ON invitation (desk, number);
CREATE TABLE ceremony (                  -- a challenge that was given out and may be answered once, by any web process
  id BLOB PRIMARY KEY, what TEXT NOT NULL, secret BLOB NOT NULL, desk TEXT, number BIGINT, about TEXT NOT NULL,
  browser BLOB NOT NULL,                 -- SHA-256 of what only the browser has that began it
  until BIGINT NOT NULL);
CREATE INDEX ceremony_until ON ceremony (until);
CREATE TABLE session (
  token_sha256 BLOB PRIMARY KEY, desk TEXT NOT NULL, number BIGINT NOT NULL, how TEXT NOT NULL, csrf BLOB NOT NULL,
  since BIGINT NOT NULL, until BIGINT NOT NULL, seen_at BIGINT NOT NULL, proved_at BIGINT, ended_at BIGINT, ended_why TEXT);
CREATE INDEX session_officer ON session (desk, number, ended_at);
CREATE INDEX session_open ON session (ended_at, desk, number);
CREATE TABLE case_member (               -- who of ours was given a case, beside those whose agency has it
  case_id BLOB NOT NULL, desk TEXT NOT NULL, number BIGINT NOT NULL, by_officer TEXT NOT NULL, since BIGINT NOT NULL,
  ended_at BIGINT, PRIMARY KEY (case_id, desk, number));
CREATE INDEX case_member_officer ON case_member (desk, number, ended_at);
