"""What is kept is restorable; every copy of what goes is known."""
