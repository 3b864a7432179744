"""The one exception root. A message says the value, what was allowed, and what to do next."""


class AnacrusisError(Exception):
    """Root of every error a user can cause; the command line prints it without a traceback."""


class ScoreError(AnacrusisError):
    """A score, or a part of one, that cannot exist (a note past the end, an empty bar list)."""


class SymbolError(AnacrusisError):
    """A chord, key, meter or Roman numeral that cannot be read."""


class PlanError(AnacrusisError):
    """A plan that cannot be read or cannot be met."""


class FileFormatError(AnacrusisError):
    """A file that is missing, empty, truncated, too large or not what its name says."""


class TokenError(AnacrusisError):
    """A score outside the token grid, or a token sequence outside the grammar."""


class ModelError(AnacrusisError):
    """Weights, shards or a model configuration that cannot be used."""


class ConstraintError(AnacrusisError):
    """Constraints that contradict one another or leave nothing to write."""


class ConflictError(ConstraintError):
    """Statements of a plan that cannot all be kept.

    statements: a set of them that exclude one another. minimal: whether without any one of them the
    others can be kept, as was proved. proved: whether it was proved that they exclude one another;
    if not, look-ahead saw no way, and the solver found none in the work that it may do.
    """

    def __init__(
        self, statements: tuple[str, ...], minimal: bool = True, proved: bool = True
    ) -> None:
        self.statements, self.minimal, self.proved = statements, minimal, proved
        listed = "; ".join(statements)
        if not proved:
            super().__init__(
                f"no way was found to keep all of these: {listed}. That there is none was not "
                "proved; loosen or drop some of them"
            )
        elif len(statements) == 1:
            super().__init__(f"this cannot be kept: {listed}. Loosen or drop it")
        elif minimal:
            super().__init__(
                f"these cannot all be kept: {listed}. Without any one of them the others in this "
                "list can: loosen or drop one"
            )
        else:
            super().__init__(
                f"these cannot all be kept: {listed}. Perhaps fewer of them conflict already: "
                "loosen or drop some"
            )


class EditError(AnacrusisError):
    """An edit that cannot be made: of bars or tracks that are not there, or of what is locked."""


class RenderError(AnacrusisError):
    """No synthesiser, no font, or audio that cannot be written."""


class DataError(AnacrusisError):
    """A data set that is missing, altered or not permitted for the use asked for."""
