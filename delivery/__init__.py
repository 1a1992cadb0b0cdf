"""From Terraform JSON to AWS: what is run, in which order, and what people read of it."""
