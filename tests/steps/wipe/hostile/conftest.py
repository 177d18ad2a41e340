"""The campaigns are a package beside their tests; the benchmarks use it too."""

import sys
from pathlib import Path

for folder in (str(Path(__file__).parent),):
    if folder not in sys.path:
        sys.path.insert(0, folder)
