"""The Mac behind the same contract. Written against the documented calls; not run on that system."""
