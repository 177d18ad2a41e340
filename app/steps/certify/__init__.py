"""From the journal to the certificate, and back: verify."""
