"""The pages of the app, each declared as data in a file; `catalogue` lists them."""
