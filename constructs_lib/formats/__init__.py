"""The form of single values: each function takes what TOML gave and returns the typed value.

Each raises `text.refuse(reason, fix)` on anything else.
"""
