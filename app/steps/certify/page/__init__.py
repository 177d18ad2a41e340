"""How anything is set on paper: faces, breaking of lines, the grid, and the archive form."""
