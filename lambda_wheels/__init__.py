"""Build AWS Lambda layers from wheels, on any machine, without Docker."""
