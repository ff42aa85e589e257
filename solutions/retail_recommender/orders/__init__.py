"""What to order, from the demand that is forecast and the stock that is there."""
