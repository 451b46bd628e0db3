"""Full text over the words that a desk keeps, in PostgreSQL: the `Finder` whose answers are those of SQLite's FTS5.

The rule it keeps: the index is made from the row by a function of it, so it changes with the row and can be made again at any time; it
only narrows, and the row itself decides, so that no parser or dictionary of the server has a say in any script; need-to-know is a
condition of the query itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.dispatch.ports import Scalar, Tx
from comity.edge.search import COUNTED, Chunk, DeskFinder, Followed, Hit, Wanted, agencies_of, behind_of, hits_of
from comity.policy.scope import Scope

_LETTERS = 10
"""So many letters of a word are indexed: twenty thousand words of any script then fit into one entry."""
_TERMS = f"""CREATE OR REPLACE FUNCTION comity_terms(words text, tags text, scope text) RETURNS tsvector
 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $terms$ BEGIN
 RETURN array_to_tsvector(ARRAY(
   SELECT 'w' || left(one, {_LETTERS}) FROM unnest(string_to_array(words, ' ')) AS one
   UNION ALL SELECT 't' || one FROM unnest(string_to_array(tags, ' ')) AS one
   UNION ALL SELECT 's' || one FROM unnest(string_to_array(scope, ' ')) AS one));
 END $terms$"""  # noqa: S608  a number of our own
"""In a language whose plans a session keeps: a function in SQL is read and planned anew for each row that is written."""
_LAST = 2**63 - 1


class TermsFinder(DeskFinder):
    """A `Finder` over an index of terms."""

    def hits(self, tx: Tx, wanted: Wanted, scope: Scope, *, before: int, limit: int) -> tuple[tuple[Hit, ...], int]:
        """Return the hits whose place is below `before` (0: all), at most `limit`, and how many there are of them."""
        if scope.empty or not wanted.chunks:
            return (), 0
        where, arguments = self._where(wanted, scope)
        if before:
            where, arguments = f"{where} AND place < ?", [*arguments, before]
        rows = tx.rows(
            f"SELECT place, id, case_id FROM {self._desk}_text WHERE {where} ORDER BY place DESC LIMIT ?",  # noqa: S608  the desk's name has letters only
            (*arguments, COUNTED + 1),
        )
        return hits_of(rows[:limit]), len(rows) if rows[:limit] else 0

    def _where(self, wanted: Wanted, scope: Scope) -> tuple[str, list[Scalar]]:
        text = f"{self._desk}_text"
        where, arguments = "comity_terms(words, tags, scope) @@ (?)::tsquery", [self._terms(wanted, scope)]
        more: list[Scalar] = []
        for chunk in wanted.chunks:
            said, agencies = self._row(chunk)
            where += f" AND ({said})"
            more += agencies
        # Places follow the time of filing; a dispatch that was filed out of order is a few milliseconds off at most.
        if wanted.since is not None:
            where += (
                f" AND place >= COALESCE((SELECT place FROM {text} WHERE at >= ? ORDER BY at, place LIMIT 1), {_LAST})"  # noqa: S608  the desk's name has letters only
            )
            more.append(wanted.since)
        if wanted.until is not None:
            where += f" AND place <= COALESCE((SELECT place FROM {text} WHERE at < ? ORDER BY at DESC, place DESC LIMIT 1), 0)"  # noqa: S608  the desk's name has letters only
            more.append(wanted.until)
        return where, [*arguments, *more]

    def _terms(self, wanted: Wanted, scope: Scope) -> str:
        """Write the question; every term in it is quoted."""
        return " & ".join(self._said(wanted, scope))

    def _chunk(self, chunk: Chunk) -> str:
        *whole, last = chunk.words
        terms = [_quoted(f"w{word[:_LETTERS]}") for word in whole]
        begun = "" if chunk.whole or len(last) >= _LETTERS else ":*"
        terms.append(_quoted(f"w{last[:_LETTERS]}") + begun)
        words = f"({' & '.join(terms)})"
        return f"({words} | {self._any('tags', agencies_of(chunk))})" if chunk.agencies else words

    def _row(self, chunk: Chunk) -> tuple[str, list[Scalar]]:
        """Say of the row itself what a chunk wants: its words in order, or one of its agencies."""
        phrase = f"% {' '.join(chunk.words)}{' ' if chunk.whole else ''}%"
        agencies: list[Scalar] = [f"% {tag} %" for tag in agencies_of(chunk)]
        said = ["' ' || words || ' ' LIKE ?", *["' ' || tags || ' ' LIKE ?"] * len(agencies)]
        return " OR ".join(said), [phrase, *agencies]

    def _any(self, column: str, terms: Iterable[str]) -> str:
        return "(" + " | ".join(_quoted(column[0] + term) for term in terms) + ")"  # as `comity_terms` marks them


def _quoted(term: str) -> str:
    doubled = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def prepare(store: Followed, desk: str) -> None:
    """Make the index of a desk if it is not there, and write the words of whatever has none yet."""
    with store.begin() as tx:
        if not tx.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = ?", (f"{desk}_text",)):
            return
        tx.run(_TERMS)
        tx.run(f"CREATE INDEX IF NOT EXISTS {desk}_find ON {desk}_text USING gin (comity_terms(words, tags, scope))")
    behind = behind_of(desk)
    while True:
        with store.begin() as tx:
            if not behind.catch_up(tx):
                return


def drop(tx: Tx, desk: str) -> None:
    """Drop the index; `prepare` makes it again."""
    tx.run(f"DROP INDEX IF EXISTS {desk}_find")


def rebuild(tx: Tx, desk: str) -> None:
    """Make the index of a desk again from its rows: a word that was taken out stands in no part of it any more."""
    if tx.rows("SELECT 1 FROM pg_indexes WHERE schemaname = 'public' AND indexname = ?", (f"{desk}_find",)):
        tx.run(f"REINDEX INDEX {desk}_find")
