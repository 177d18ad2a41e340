"""What the campaigns have found to be wrong and is not mended yet: (what, the kind begins with)."""

KNOWN = (
    ("false good", "image copied below"),
    ("name left unsaid", "folder moved while it is wiped"),
)
MENDING = (
    ("false good", "written to while it is wiped"),
    ("false good", "growing all the while"),
    ("false good", "changed after a stop"),
    ("false good", "extended attributes"),
    ("false good", "inline once, grown since"),
    ("false good", "journalled once"),
)
"""Gone with the proof from the device and the purge of the journal; the line goes when that is in."""

KNOWN_CRASH = ("the certificate does not verify",)
"""`hand_out` does not sync what it copies: after a power cut the certified files may be empty."""
