"""What follows from tracks: crossings, counts, speeds, queues, movements, level of service."""
