"""The floors: what a message and a handoff must cost, written for the stock SDK, without Baton.

Workflows are imported in the SDK's sandbox, and so is this package: nothing is imported here.
"""
