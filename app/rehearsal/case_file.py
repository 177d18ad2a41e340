"""The case file of the synthetic company, in the format that the command line reads."""

from __future__ import annotations

from typing import Final

from app.rehearsal.papers import COMPANY, COMPANY_USCC, CUSTODIANS

_TEMPLATE: Final = """\
# A rehearsal: the company, its customers and its keys are invented.
case = "2026-001"
rehearsal = true

[company]
name = "COMPANY_NAME"
uscc = "COMPANY_USCC"
kind = "ordinary"
people = "under_1m"

[dates]
dissolved = 2026-08-01
committee = 2026-08-10
announced = 2026-08-20

[[location]]
path = "customers"

[[location]]
path = "营销"

[[location]]
path = "财务"

[[location]]
path = "合同"

[[backup]]
kind = "folder"
path = "backup/nightly"

[[backup]]
kind = "archive"
path = "backup/weekly.zip"

[[key]]
kind = "pem"
path = "keys/database.pem"
passphrase_env = "DATABASE_KEY_PASSPHRASE"

[[key]]
kind = "age"
path = "keys/archive.age"

[[key]]
kind = "pkcs12"
path = "keys/mail.p12"
passphrase_env = "MAIL_KEY_PASSPHRASE"

[[custodian]]
name = "FIRST_CUSTODIAN"
recipient = "FIRST_RECIPIENT"
identity = "custodian/key.txt"
receipt = "custodian/receipt.txt"

[[custodian]]
name = "SECOND_CUSTODIAN"
recipient = "SECOND_RECIPIENT"
identity = "custodian/second-key.txt"
receipt = "custodian/second-receipt.txt"

[[decide]]
match = { path = "logo.png" }
fate = "leave"
reason = "公司标志，经办人已看过，图上无人"

[[decide]]
match = { category = "crm.marketing" }
fate = "wipe"

[[decide]]
match = { category = "corp.contract" }
fate = "seal"

[[decide]]
match = {}
fate = "wipe"

[[hold]]
reason = "complaint"
match = { glob = "disputes/**" }

[[person]]
role = "officer"
identity = "officer.p12"
passphrase_env = "OFFICER_PASSPHRASE"

[[person]]
role = "witness"
identity = "witness.p12"
passphrase_env = "WITNESS_PASSPHRASE"

[certificate]
out = "out"
names = "masked"
language = "both"
"""


def case_text(first: str, second: str) -> str:
    """Give CASE.toml. `first` and `second` are the age recipients of the two custodians."""
    recipients = {"FIRST_RECIPIENT": first, "SECOND_RECIPIENT": second}
    names = {"FIRST_CUSTODIAN": CUSTODIANS[0], "SECOND_CUSTODIAN": CUSTODIANS[1]}
    facts = {"COMPANY_NAME": COMPANY, "COMPANY_USCC": COMPANY_USCC, **recipients, **names}
    text = _TEMPLATE
    for word, fact in facts.items():
        text = text.replace(word, fact)
    return text
