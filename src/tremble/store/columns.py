"""What the tables of all modules have in common: where they are gathered, and the type of their numbers."""

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

#: 64 bits everywhere; on SQLite only the word INTEGER makes a column the row's own number.
Serial = BigInteger().with_variant(Integer(), "sqlite")
