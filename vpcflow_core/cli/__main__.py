"""`python -m vpcflow_core.cli`."""

from vpcflow_core.cli.main import main

main()
