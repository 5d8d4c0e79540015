"""Signature files: data only, found by their suffix; this module makes the folder a package."""
