"""Find the records: read-only.

What stands here is imported when it is asked for: a process that looks needs little of it, and begins sooner.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from app.steps.locate.checks import is_uscc
    from app.steps.locate.crew import Crew
    from app.steps.locate.customers import KIND as CUSTOMER
    from app.steps.locate.customers import Customers, read_customers
    from app.steps.locate.job import Known
    from app.steps.locate.limits import Limits, Means
    from app.steps.locate.passwords import Passwords, read_passwords
    from app.steps.locate.search import Named, as_json, edition, locate, survey

__all__ = [
    "CUSTOMER",
    "Crew",
    "Customers",
    "Known",
    "Limits",
    "Means",
    "Named",
    "Passwords",
    "as_json",
    "edition",
    "is_uscc",
    "locate",
    "read_customers",
    "read_passwords",
    "survey",
]

_WHERE: Final = {
    # Where a name comes from: the module, and what it is called there.
    "CUSTOMER": ("customers", "KIND"),
    "Crew": ("crew", "Crew"),
    "Customers": ("customers", "Customers"),
    "Known": ("job", "Known"),
    "Limits": ("limits", "Limits"),
    "Means": ("limits", "Means"),
    "Named": ("search", "Named"),
    "Passwords": ("passwords", "Passwords"),
    "as_json": ("search", "as_json"),
    "edition": ("search", "edition"),
    "is_uscc": ("checks", "is_uscc"),
    "locate": ("search", "locate"),
    "read_customers": ("customers", "read_customers"),
    "read_passwords": ("passwords", "read_passwords"),
    "survey": ("search", "survey"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    module, there = _WHERE[name]
    return getattr(import_module(f"{__name__}.{module}"), there)
