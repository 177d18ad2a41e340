"""The order of the steps, the gates between them, what is recorded, and resume."""
