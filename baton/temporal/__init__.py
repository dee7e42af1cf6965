"""How Baton speaks to Temporal: conversion, keys, search attributes, metrics, traces, logs."""
