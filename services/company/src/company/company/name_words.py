"""The words that companies' names are made of: what a mistyped word may have meant (CO-01)."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base


class NameWord(Base):
    """A word of at least one company's name; a trigger on `companies` writes it, nothing removes it.

    There are far fewer words than companies, so a likeness to each is looked for here and companies are then found by
    whole words.
    """

    __tablename__ = "name_words"
    __table_args__ = (
        Index("ix_name_words_word", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(String(60), primary_key=True)
