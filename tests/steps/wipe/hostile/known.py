"""What the campaigns have found to be wrong and is not mended yet: (what, the kind begins with)."""

KNOWN = (("false good", "image copied below"),)
MENDING = (
    ("name left unsaid", "folder moved while it is wiped"),
    ("false good", "written to while it is wiped"),
    ("false good", "changed after a stop"),
    ("false good", "extended attributes"),
)
"""Rare by now: a write between the last look and the removal; an attribute in the inode without a journal."""
MENDED = (
    ("false good", "growing all the while"),
    ("false good", "inline once, grown since"),
    ("false good", "journalled once"),
)
"""Found once, and must not come back."""
