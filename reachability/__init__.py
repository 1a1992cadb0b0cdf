"""Who can reach whom, computed from Terraform. Imports nothing else of this repository."""
