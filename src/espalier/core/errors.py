"""Every error that Espalier raises, as one tree.

    EspalierError
    ├── InputError                 what the person gave cannot be used; the command line exits 2
    │   ├── SourceError            the file, folder, query or frame named as source
    │   │   ├── MissingSourceError     nothing is there
    │   │   ├── EmptySourceError       it is there, and holds no rows
    │   │   ├── MissingHeaderError     its first line is not column names
    │   │   ├── RaggedRowsError        lines with too few or too many fields
    │   │   ├── EncodingError          bytes that are no text in any encoding we read
    │   │   └── FormatError            the content is not what the name promises
    │   ├── ColumnError            a column, or the target, cannot be used as asked
    │   ├── SplitError             too few different rows, groups or times for the parts
    │   ├── PlanError              a plan, an option or a --set value of the wrong form
    │   ├── UnknownNameError       a name nobody has; offers the nearest
    │   ├── RunError               a run folder that is incomplete, edited, or of another version
    │   ├── StorageError           a folder that cannot be written
    │   └── MissingExtraError      an optional part that is not installed
    └── TrainingError              learning cannot go on (for example a loss that is not finite)

A message says what was given (file, column, row), what was expected, and what to do.
"""

import difflib
from collections.abc import Iterable


class EspalierError(Exception):
    """Root of the tree; catch it to catch everything that Espalier raises on purpose."""


class InputError(EspalierError):
    """What the person gave cannot be used."""


class SourceError(InputError):
    """The file, folder, query or frame named as source cannot be read."""


class MissingSourceError(SourceError):
    """Nothing is there under the name given."""


class EmptySourceError(SourceError):
    """The source exists and holds no rows."""


class MissingHeaderError(SourceError):
    """The first line of a table is not a line of column names."""


class RaggedRowsError(SourceError):
    """Some lines have another number of fields than the header."""


class EncodingError(SourceError):
    """The bytes are no text in any encoding that Espalier reads."""


class FormatError(SourceError):
    """The content is not what the file's name promises."""


class SplitError(InputError):
    """Too few different rows, groups or times to deal them to the parts."""


class ColumnError(InputError):
    """A column, or the target, cannot be used as asked."""


class PlanError(InputError):
    """A plan, an option or an edit has the wrong form or a value out of range."""


class UnknownNameError(InputError):
    """A name that nobody has: a column, a model, a task, a key."""


class RunError(InputError):
    """A run folder is incomplete, was edited, or comes from another version."""


class StorageError(InputError):
    """A file or folder cannot be written."""


class MissingExtraError(InputError):
    """An optional part is not installed."""


class TrainingError(EspalierError):
    """Learning cannot go on."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Return the error for a name that is not among `known`, offering the nearest.

    Args:
        what: what the name should be, for example "column" or "model".
        name: the name given.
        known: the names there are.

    Example:
        >>> str(unknown_name("model", "tbm", ["mlp", "tabm"]))
        "There is no model 'tbm'. Did you mean 'tabm'? There are: mlp, tabm."
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return UnknownNameError(f"There is no {what} '{name}'.{hint} There are: {shown}.")


def missing_extra(package: str, extra: str, what: str) -> MissingExtraError:
    """Return the error for an optional package that is not installed.

    Args:
        package: the import that failed.
        extra: the extra of espalier that brings it.
        what: what needs it, as the start of the sentence, for example "Reading Excel files".
    """
    return MissingExtraError(f"{what} needs the package '{package}'. Install it with: pip install 'espalier[{extra}]'")
