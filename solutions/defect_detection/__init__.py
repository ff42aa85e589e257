"""Defect detection."""
