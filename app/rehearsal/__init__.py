"""A synthetic company, and the whole job on it."""
