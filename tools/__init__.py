"""What maintainers run on the repository itself."""
