"""Confirm: what is kept is restorable, and every copy of what goes is known."""

from app.steps.confirm.bag import Check
from app.steps.confirm.bags import mend_bags
from app.steps.confirm.copies import Wanted, find_copies, in_place
from app.steps.confirm.ended import check_gone, check_sealed
from app.steps.confirm.kept import check_kept
from app.steps.confirm.repositories.again import Before, look_again
from app.steps.confirm.repositories.disposing import dispose
from app.steps.confirm.repositories.later import Dated, ask_for_document, ask_repositories
from app.steps.confirm.repositories.standing import check_standing, is_standing
from app.steps.confirm.rewriting import put_in_place, rewrite_archives
from app.steps.confirm.sealed import verify_sealed
from app.steps.confirm.sealing import seal, sealed_names
from app.steps.confirm.servers import check_rows, find_server_copies, is_in_database
from app.steps.confirm.strays import find_strays

__all__ = [
    "Before",
    "Check",
    "Dated",
    "Wanted",
    "ask_for_document",
    "ask_repositories",
    "check_gone",
    "check_kept",
    "check_rows",
    "check_sealed",
    "check_standing",
    "dispose",
    "find_copies",
    "find_server_copies",
    "find_strays",
    "in_place",
    "is_in_database",
    "is_standing",
    "look_again",
    "mend_bags",
    "put_in_place",
    "rewrite_archives",
    "seal",
    "sealed_names",
    "verify_sealed",
]
