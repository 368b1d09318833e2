"""Flow logs of other projects, where the environment variable VPCFLOW_CORPUS names their folder."""
