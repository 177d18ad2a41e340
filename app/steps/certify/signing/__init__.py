"""How people's signatures and the time are put into the file."""
