"""Small parts that two pages or more use."""
