"""How the parts are run."""
