"""Measurements. ``python -m lab.bench`` runs them all, ``python -m lab.bench decide`` one."""
