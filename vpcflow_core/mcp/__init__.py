"""The questions of vpcflow for AI assistants, by the Model Context Protocol."""
