"""Measurements. ``python -m bench`` runs them all, ``python -m bench decide`` one."""
