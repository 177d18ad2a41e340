"""Lethe (忘川): lawful, provable disposal of a closing company's customer data."""

from typing import Final

__version__: Final = "0.1.0"
