"""A synthetic company, and the whole job on it."""

from app.rehearsal.company import build_company as build_company
from app.rehearsal.keys import PASSPHRASES as PASSPHRASES
