"""Quality control of a line: charts, Pareto, capability, acceptance plans, gauge studies."""
