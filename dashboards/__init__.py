"""The pages: a dashboard is a list of rows of panels."""
