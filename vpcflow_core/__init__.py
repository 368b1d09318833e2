"""vpcflow: what is flowing through my VPCs, and is it normal?"""
