"""Thin durable shells around the model: one workflow for each case."""
