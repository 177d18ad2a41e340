"""What the campaigns have found to be wrong once, and must not come back: (what, the kind begins with)."""

MENDED = (
    ("name left unsaid", "folder moved while it is wiped"),
    ("false good", "growing all the while"),
    ("false good", "written to while it is wiped"),
    ("false good", "image copied below"),
    ("false good", "changed after a stop"),
    ("false good", "extended attributes"),
    ("false good", "inline once, grown since"),
    ("false good", "journalled once"),
)
