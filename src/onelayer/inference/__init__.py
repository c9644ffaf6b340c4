"""How sure a regression is of itself: standard errors, tests, intervals, and the rows that weigh most.

``covariance``    of the coefficients of a least-squares fit: classical, or robust to noise that varies (HC0 to HC3)
``bootstrap``     the same for any loss, by fits to resampled rows
``intervals``     intervals around predictions
``influence``     leverage, studentised residuals, Cook's distance, DFFITS
``collinearity``  variance inflation
``determined``    what the data determine where columns depend on each other
``summarise``     the summary of a least-squares fit; ``robust`` that of a fit by another loss
``summary``       what a summary holds; ``wording``, ``plain_text`` and ``html_tables`` show it

All work on the columns less their means (``centred_fit``, ``design_rows``), a block of rows at a time.
"""
