"""The rules of a match: who plays, what counts, what ends it. Pure, compiled as it stands."""
