"""Benchmarks: lambda-wheels beside its peers."""
