"""Delete the rows of databases that the signed plan wipes, and see what is left of them."""

from app.steps.wipe.rows.step import wipe_rows

__all__ = ["wipe_rows"]
