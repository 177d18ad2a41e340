"""People: create, unlock, sign; and the one door to destruction, SignedPlan."""
