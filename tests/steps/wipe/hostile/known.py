"""What the campaign has found to be wrong and is not mended yet: (what, the kind begins with)."""

KNOWN = (
    ("false good", "written to while it is wiped"),
    ("false good", "growing all the while"),
    ("false good", "changed after a stop"),
    ("false good", "extended attributes"),
    ("false good", "inline once, grown since"),
    ("false good", "journalled once"),
    ("false good", "image copied below"),
    ("name left unsaid", "folder moved while it is wiped"),
)

KNOWN_CRASH = ("the certificate does not verify",)
"""`hand_out` does not sync what it copies: after a power cut the certified files may be empty."""
