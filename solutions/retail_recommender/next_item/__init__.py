"""What a customer wants next, from what they had before."""
