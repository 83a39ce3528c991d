"""A stranger's file is read, checked and divided in a child process with limits: what breaks there breaks nothing here.

Each module is one task: a function from JSON-able arguments to JSON-able answers, which `process.run` does in a child.
"""
