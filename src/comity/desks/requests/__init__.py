"""The requests desk: questions, answers, refusals, postings and what belongs to a case."""
