"""The model repository: the files of each version, its manifest and Triton's configuration."""
