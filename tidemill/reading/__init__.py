"""Rows of files and images of folders: each is read, or left out with its place and the reason."""
