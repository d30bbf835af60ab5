"""Rows for networks: encoding, augmentation, label order and vocabularies."""
