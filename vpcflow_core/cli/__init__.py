"""The command `vpcflow`."""
