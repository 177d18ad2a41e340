"""What differs between operating systems: paths, volumes, media, extents, locks, trash."""
