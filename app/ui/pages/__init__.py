"""The pages of the wizard: one page, one file."""
