"""How a page is made: parameters, prose, formulas, source and figures become one document."""
