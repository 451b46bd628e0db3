-- What became of one case, read for its page without reading what became of all the others.
CREATE INDEX requests_keeping_case ON requests_keeping (case_id);
CREATE INDEX requests_feedback_case ON requests_feedback (case_id);
CREATE INDEX requests_assurance_case ON requests_assurance (case_id);
