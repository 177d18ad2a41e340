"""The verbs of the wizard; no step knows another."""
