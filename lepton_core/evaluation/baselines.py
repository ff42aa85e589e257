"""What a network of two classes is compared with: logistic regression and trees."""

from __future__ import annotations

import numpy as np

THREADS = 2


def classification_baselines(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, seed: int = 0
) -> dict[str, np.ndarray]:
    """Both of them on the same scaled features.

    Args:
        train_x: float32 [N, F], scaled.
        train_y: int8 [N], 1 positive, 0 negative.
        test_x: float32 [M, F], scaled alike.
        seed: of row and column sampling.

    Returns:
        name -> float64 [M], log odds of a positive.
    """
    return {
        "logistic_regression": logistic_regression(train_x, train_y, test_x),
        "gradient_boosting": gradient_boosting(train_x, train_y, test_x, seed),
    }


def logistic_regression(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
    """Scores of a logistic regression.

    Args:
        train_x: float32 [N, F], scaled.
        train_y: int8 [N], 1 positive, 0 negative.
        test_x: float32 [M, F], scaled alike.

    Returns:
        float64 [M], log odds of a positive.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, max_iter=1000).fit(train_x, train_y)
    return model.decision_function(test_x)


def gradient_boosting(
    train_x: np.ndarray,
    train_y: np.ndarray,
    test_x: np.ndarray,
    seed: int = 0,
    directions: np.ndarray | None = None,
) -> np.ndarray:
    """Scores of LightGBM.

    Args:
        train_x: float32 [N, F].
        train_y: int8 [N], 1 positive, 0 negative.
        test_x: float32 [M, F].
        seed: of row and column sampling.
        directions: how the score may go with each feature [F]: 1 never falls, -1 never rises, 0
            free; None for all free.

    Returns:
        float64 [M], log odds of a positive.
    """
    import lightgbm

    held = {} if directions is None else {"monotone_constraints": directions.astype(int).tolist()}
    model = lightgbm.train(
        {
            "objective": "binary",
            "learning_rate": 0.03,
            "num_leaves": 15,
            "min_child_samples": 40,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "num_threads": THREADS,
            "deterministic": True,
            "seed": seed,
            "verbose": -1,
            **held,
        },
        lightgbm.Dataset(train_x, train_y),
        num_boost_round=200,
    )
    return model.predict(test_x, raw_score=True)
