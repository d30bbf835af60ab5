"""What every service builds on; it knows none of them."""
