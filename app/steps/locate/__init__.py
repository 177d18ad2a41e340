"""Find the records: read-only."""

from app.steps.locate.checks import is_uscc
from app.steps.locate.customers import KIND as CUSTOMER
from app.steps.locate.customers import Customers, read_customers
from app.steps.locate.job import Known
from app.steps.locate.limits import Limits, Means
from app.steps.locate.passwords import Passwords, read_passwords
from app.steps.locate.search import Named, as_json, edition, locate, survey

__all__ = [
    "CUSTOMER",
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
