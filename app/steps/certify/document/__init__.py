"""What the certificate says on its pages, block by block."""
