"""Rows for networks: encoding, augmentation, label order, vocabularies."""
