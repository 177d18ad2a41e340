"""The nouns of Lethe: frozen values over the standard library, with no input or output."""
