"""The sweep in scikit-learn's shape: many candidates, trained together where they can be.

``grid``        the candidates that a grid of parameters stands for
``splits``      the rows to train on and those to judge on, once or in folds
``groups``      candidates that go together on one split: side by side, or by an exact solver
``race``        all groups, epoch by epoch, and who goes on
``results``     ``cv_results_``
``grid_sweep``  the estimator
``tune``        the same with Optuna in the grid's place
"""
