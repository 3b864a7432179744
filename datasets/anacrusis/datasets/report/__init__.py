"""Report pages: what a data set holds, in numbers, plots and engraved bars."""
