"""The same fits by statsmodels."""

import numpy as np
import statsmodels.api as sm


def design(X, fit_intercept=True):
    X = X.astype(np.float64)
    return np.column_stack([np.ones(len(X)), X]) if fit_intercept else X


def statsmodels_fit(X, y, weights=None, fit_intercept=True, **options):
    Z = design(X, fit_intercept)
    model = sm.OLS(y, Z) if weights is None else sm.WLS(y, Z, weights=weights)
    return model.fit(**options)
