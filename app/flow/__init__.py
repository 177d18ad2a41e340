"""The order of the steps, the gates between them, what is recorded, and resume."""

from app.flow.case_file import case_folder, read_case_file
from app.flow.desk import Passphrase, from_environment, today
from app.flow.flow import Flow
from app.flow.gates import Standing
from app.flow.people import people_of
from app.flow.state import Result
from app.flow.unattended import carry_out
from app.register import Row

__all__ = [
    "Flow",
    "Passphrase",
    "Result",
    "Row",
    "Standing",
    "carry_out",
    "case_folder",
    "from_environment",
    "people_of",
    "read_case_file",
    "today",
]
