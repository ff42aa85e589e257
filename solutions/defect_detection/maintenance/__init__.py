"""How many cycles a machine still runs, from its sensors."""
