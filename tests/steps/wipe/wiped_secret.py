"""What the tests of wiping overwrite, and with what keystream: both known, to be looked for afterwards."""

SEED = bytes(range(32))
SECRET = b"11010519491231002X " * 500
