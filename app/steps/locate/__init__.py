"""Find the records: read-only."""

from app.steps.locate.checks import is_uscc
from app.steps.locate.customers import Customers, read_customers
from app.steps.locate.limits import Limits
from app.steps.locate.search import Named, as_json, locate

__all__ = ["Customers", "Limits", "Named", "as_json", "is_uscc", "locate", "read_customers"]
