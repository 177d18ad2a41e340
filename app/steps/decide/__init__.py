"""Rules and holds: a fate for each record, with its reason and its law."""
