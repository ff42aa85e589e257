"""From the flows of an intersection to its signal plan, and what the plan is worth."""
