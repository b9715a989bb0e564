"""What Lambda runs: a folder a function, woken as `triggers.py` says."""
