"""The inventory in print, volume by volume."""
