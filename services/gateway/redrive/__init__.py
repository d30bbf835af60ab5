"""Dead letters over HTTP: lists, reads and replays them by the rules of `shared.letters`."""
