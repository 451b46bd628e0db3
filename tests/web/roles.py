"""Who may ask for which address, written down a second time: from the table of who may do what, not from the access rules.

Every address of every screen stands here with its rule. A screen that is not here, or is here and gone, fails the tests.
"""

from __future__ import annotations

from tests.web.desk import ROLES

EVERYONE = frozenset(ROLES)
NO_ADMINISTRATOR = EVERYONE - {"administrator"}
WHOLE_DESK = frozenset({"duty-officer", "desk-lead", "legal-officer", "reviewer"})
OFFICERS = frozenset({"officer", "posted-officer"})
DECIDERS = frozenset({"approver", "decider-outside", "assessor"})
WORKERS = OFFICERS | {"duty-officer", "desk-lead"}
WRITERS = WORKERS | {"legal-officer"}
APPROVERS = frozenset({"approver", "decider-outside", "desk-lead", "legal-officer", "duty-officer"})
LEAD, ADMINISTRATOR = frozenset({"desk-lead"}), frozenset({"administrator"})

WHO = {
    "open": EVERYONE | {"guest"},
    "home": EVERYONE,
    "law": EVERYONE,
    "sizes": EVERYONE,
    "lists": NO_ADMINISTRATOR,
    "roster": NO_ADMINISTRATOR,
    "case": NO_ADMINISTRATOR,
    "plan": NO_ADMINISTRATOR,
    "amend": WORKERS,
    "sign": frozenset({"signatory"}),
    "note": WORKERS | {"signatory"},
    "proof": NO_ADMINISTRATOR,
    "write": WRITERS,
    "act": WRITERS,
    "send": WORKERS,
    "owed": WORKERS,
    "tasks": WORKERS,
    "hand-over": WORKERS,
    "members": WORKERS,
    "approve": APPROVERS,
    "shifts": LEAD,
    "evidence": LEAD | {"legal-officer"},
    "assess": WORKERS | DECIDERS,
    "reviews": LEAD | {"reviewer"},
    "searches": frozenset({"reviewer"}),
    "review": frozenset({"reviewer"}),
    "files": WRITERS,
    "persons": LEAD | {"legal-officer", "reviewer"},
    "retention": LEAD | {"legal-officer", "reviewer"},
    "erase": LEAD | {"legal-officer"},
    "custody": LEAD | {"legal-officer", "reviewer"},
    "opening": frozenset({"legal-officer", "reviewer"}),
    "people": ADMINISTRATOR,
    "health": ADMINISTRATOR,
    "link": LEAD | ADMINISTRATOR,
}
"""Rule to roles."""
REVIEWERS_OWN = frozenset({"home", "open", "review", "opening"})
"""Rules under which a reviewer sends anything: own settings, sign-in, own reviews, and openings that another one confirms."""

ADDRESSES = """
GET       /                                          home
GET       /today                                     home
GET       /inbox                                     lists
GET       /inbox/peek/{dispatch}                     case       dispatch
POST      /inbox/seen/{dispatch}                     send       dispatch
POST      /inbox/take/{dispatch}                     members    dispatch
GET       /search                                    lists
GET       /cases                                     lists
GET       /precursors                                lists
GET       /precursors/{number}                       case       dispatch
POST      /precursors/{number}/seen                  send       dispatch
GET       /precursors/{number}/board-copy            case       dispatch
POST      /precursors/{number}/board-copy            act        dispatch
POST      /precursors/{number}/board-copy/agree      send       dispatch
GET       /precursors/{number}/board-copy/file       act        dispatch
GET       /workplan                                  plan
GET       /meetings                                  plan
GET,POST  /meetings/new                              amend
GET       /meetings/{number}                         plan
GET       /meetings/{number}/minutes.pdf             plan
GET       /meetings/{number}/minutes.json            plan
GET,POST  /meetings/{number}/move                    amend
POST      /meetings/{number}/act                     amend
POST      /meetings/{number}/write                   amend
POST      /meetings/{number}/sign                    sign
POST      /meetings/{number}/note                    note
POST      /meetings/{number}/draft                   amend
GET       /workplan/item/{item}                      plan
POST      /workplan/item/{item}                      amend
GET       /workplan/proposal/{proposal}              plan
POST      /workplan/proposal/{proposal}              amend
GET,POST  /workplan/propose                          amend
POST      /workplan/propose/send                     amend
GET       /workplan/file/{name}                      plan
GET       /scorecard                                 plan
GET       /scorecard/figures.csv                     plan
GET       /scorecard/leaves.csv                      plan
GET       /scorecard/report.pdf                      plan
GET,POST  /scorecard/tell                            amend
GET       /scorecard/statement                       plan
GET       /reports/{which}                           reviews
GET       /reports/{which}/report.pdf                reviews
GET       /approvals                                 lists
GET       /approvals/{draft}                         case       draft
POST      /approvals/{draft}/answer                  approve    draft
POST      /approvals/{draft}/add                     assess     draft
POST      /approvals/{draft}/resume                  send       draft
POST      /approvals/{draft}/drop                    send       draft
GET,POST  /dispatch/{number}/act                     act        dispatch
GET       /dispatch/{number}/act/{subject}           case       dispatch
POST      /dispatch/{number}/act/{subject}           approve    dispatch
GET       /owed                                      lists
GET       /searches                                  searches
GET       /reviews                                   reviews
GET       /dispatch/{number}/review/{thing}          reviews    dispatch
POST      /dispatch/{number}/review/{thing}          review     dispatch
GET,POST  /owed/{thing}                              lists
POST      /owed/alarm/{alarm}/seen                   owed
GET       /persons                                   persons
GET       /case/{number}                             case       case
POST      /case/{number}/seen                        send       case
POST      /case/{number}/message                     send       case
POST      /case/{number}/members                     members    case
POST      /case/{number}/members/end                 members    case
GET,POST  /case/{number}/evidence                    evidence   case
POST      /dispatch/{number}/file/{at}               files      dispatch
POST      /dispatch/{number}/file/{at}/again         files      dispatch
POST      /attach                                    write
GET       /attach/{files}                            write
GET       /attach/{files}/list                       write
POST      /attach/{files}/{at}                       write
POST      /attach/{files}/{at}/drop                  write
GET,POST  /case/{number}/compose/{kind}              write      case
GET,POST  /case/{number}/task                        tasks      case
GET,POST  /compose                                   write
POST      /compose/verdict                           write
POST      /compose/their-law                         write
GET       /compose/token                             write
GET,POST  /dispatch/{number}/answer                  write      dispatch
GET,POST  /dispatch/{number}/refuse                  write      dispatch
GET,POST  /dispatch/{number}/message                 write      dispatch
GET,POST  /dispatch/{number}/recall                  write      dispatch
GET,POST  /dispatch/{number}/correct                 write      dispatch
GET,POST  /dispatch/{number}/pass-on                 write      dispatch
GET,POST  /dispatch/{number}/transfer                write      dispatch
GET,POST  /dispatch/{number}/remind                  write      dispatch
GET,POST  /dispatch/{number}/withdraw                write      dispatch
GET,POST  /dispatch/{number}/feedback                write      dispatch
GET,POST  /dispatch/{number}/confirm                 write      dispatch
GET,POST  /dispatch/{number}/preserve                write      dispatch
GET,POST  /dispatch/{number}/ask-release             write      dispatch
GET,POST  /dispatch/{number}/ask-purpose             write      dispatch
GET,POST  /dispatch/{number}/court                   write      dispatch
GET,POST  /dispatch/{number}/treaty                  write      dispatch
GET,POST  /dispatch/{number}/assure                  write      dispatch
GET,POST  /dispatch/{number}/posting                 write      dispatch
GET,POST  /dispatch/{number}/amend                   write      dispatch
GET,POST  /dispatch/{number}/reply                   write      dispatch
GET,POST  /dispatch/{number}/object                  write      dispatch
GET,POST  /dispatch/{number}/incident                write      dispatch
GET,POST  /dispatch/{number}/shipped                 write      dispatch
GET,POST  /dispatch/{number}/arrived                 write      dispatch
GET,POST  /dispatch/{number}/outcome                 write      dispatch
GET       /dispatch/{number}/sent                    case       dispatch
GET       /dispatch/{number}                         proof      dispatch
GET       /ledger                                    sizes
GET       /manifest                                  sizes
GET       /ledger/dispatch/{dispatch}                proof      dispatch
GET       /ledger/dispatch/{dispatch}/proof          proof      dispatch
GET       /ledger/dispatch/{dispatch}/papers         proof      dispatch
GET       /law                                       law
GET       /law/{mark}                                law
GET       /duty                                      roster
GET       /duty/notes                                roster
POST      /duty/note                                 hand-over
POST      /duty/take/{note}                          hand-over
POST      /duty/shift                                shifts
POST      /duty/swap                                 shifts
POST      /duty/plan                                 shifts
POST      /duty/nominate                             shifts
POST      /duty/accept                               shifts
POST      /duty/end                                  shifts
GET       /tasks                                     tasks
GET,POST  /tasks/new                                 tasks
GET       /task/{task}                               tasks
POST      /task/{task}/{step}                        tasks
GET       /retention                                 retention
POST      /retention/erase                           erase
POST      /retention/hold                            erase
POST      /retention/renew                           erase
GET       /custody                                   custody
POST      /custody/open                              opening
POST      /custody/destroy                           erase
POST      /custody/hold                              erase
GET       /keys                                      home
GET,POST  /settings                                  home
GET,POST  /settings/bell                             home
POST      /settings/passkey/begin                    home
POST      /settings/passkey                          home
POST      /settings/passkey/end                      home
POST      /settings/session/end                      home
POST      /settings/sessions/end                     home
POST      /settings/calendar                         plan
POST      /settings/calendar/end                     plan
GET       /sign-in                                   open
POST      /sign-in/begin                             open
POST      /sign-in/passkey                           open
POST      /sign-in/demo                              open
POST      /sign-in/agency                            open
GET       /sign-in/agency/answer                     open
GET       /sign-in/agency/finish                     open
GET,POST  /invitation/{token}                        open
POST      /invitation/{token}/begin                  open
GET       /sign-in/again                             home
POST      /sign-in/again/begin                       home
POST      /sign-in/again/passkey                     home
POST      /sign-in/again/demo                        home
POST      /sign-in/again/agency                      home
POST      /sign-out                                  home
POST      /session/stay                              home
POST      /session/stay                              home
GET       /session/token                             home
GET       /people                                    people
POST      /proposal/{proposal}/confirm               people
POST      /proposal/{proposal}/refuse                people
GET       /people/{desk}/{number}                    people
GET,POST  /people/{desk}/{number}/invite             people
POST      /people/{desk}/{number}/invitations        people
POST      /people/{desk}/{number}/suspend            people
POST      /people/{desk}/{number}/reinstate          people
POST      /people/{desk}/{number}/name               people
POST      /people/{desk}/{number}/bind               people
POST      /people/{desk}/{number}/passkey            people
POST      /people/{desk}/{number}/sessions           people
POST      /people/{desk}/{number}/calendar           people
GET       /health                                    health
POST      /health/alarm                              health
GET       /link                                      link
POST      /link                                      link
POST      /link/{wish}/confirm                       link
POST      /link/{wish}/drop                          link
GET       /accord                                    link
POST      /accord/{number}/refuse                    link
"""


def _read() -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for line in ADDRESSES.split("\n"):
        if line.strip():
            methods, path, rule, *about = line.split()
            found |= {(method, path): (rule, about[0] if about else "") for method in methods.split(",")}
    return found


TABLE = _read()
"""(method, path) to (rule, what the path's first place names: a case, a dispatch, a draft or "")."""


def has(role: str, standing: str) -> bool:
    """Say whether somebody of a role has a case towards which they stand so."""
    if standing == "none" or role in {"administrator", "signatory"}:
        return False
    if role in WHOLE_DESK:
        return True
    reach = {"own", "member"} | ({"waits"} if role in DECIDERS else set())
    return standing in reach


def open_to(role: str, method: str, path: str, standing: str = "") -> bool:
    """Say whether an address is open to a role, with a case towards which they stand so where it is about one."""
    rule, about = TABLE[method, path]
    if role == "reviewer" and method == "POST" and rule not in REVIEWERS_OWN:
        return False
    if role not in WHO[rule]:
        return False
    if not about:
        return True
    return has(role, standing) and (rule != "approve" or standing == "waits")
