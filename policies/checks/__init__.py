"""One policy a file. Checkov imports every Python file in this folder, and needs this one."""
