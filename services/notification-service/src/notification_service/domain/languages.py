"""Languages that people are written to in."""

from enum import StrEnum


class Language(StrEnum):
    """A language by its code in ISO 639-1."""

    NB = "nb"
    NN = "nn"
    EN = "en"
