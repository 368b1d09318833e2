"""Where logs lie; a folder for each kind of source."""
