"""The embedded runtime: the functions of `functions/` on one machine, woken by HTTP and by the trigger table."""
