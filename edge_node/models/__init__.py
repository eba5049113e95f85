"""Model files: which there are (`catalogue`), where from (`sources`), and how they are kept (`install`)."""
