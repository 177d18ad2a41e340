"""Whether memory may have gone to a medium is what the system says, and yes where it says nothing."""

import pytest

from app.system.swap import may_swap

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.mark.parametrize(
    ("told", "may"), [(HEAD, False), (HEAD + "/dev/vdb file 8 0 -2\n", True), (None, True)]
)
def test_what_the_system_says(tmp_path, told, may):
    swaps = tmp_path / "swaps"
    if told is not None:
        swaps.write_text(told)
    assert may_swap(swaps) is may
