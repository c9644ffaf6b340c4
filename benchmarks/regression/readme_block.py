"""The block of both READMEs on tables: what a run measured, in English and Chinese."""

from __future__ import annotations

from typing import Any

from benchmarks.regression import figures
from benchmarks.regression.figures import MEGABYTE, Results
from benchmarks.regression.problems import GROWTH

_DEGREE_10 = "polynomial of degree 10, x = 0, 1, …, 20"

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "head": "{cores} cores of {processor}, {date}; medians of one run, in turn:",
        "what": "what",
        "others": "others",
        "squares": "least squares, 1,000,000 × 100 float32",
        "squares_ours": "{ours} s, {memory} MB above X",
        "squares_others": "BLAS `X.T @ X` alone {gram} s; scikit-learn `LinearRegression` {sklearn} s, "
        "`Ridge` by Cholesky {ridge} s",
        "stream": "the same from a Parquet file of {n_rows} × {n_features}, whole process",
        "stream_ours": "{ours} s, {memory} MB in all",
        "stream_others": "polars' scan of the file {polars} s",
        "digits": "polynomial of degree 10, digits that are right",
        "digits_others": "pivoted Householder QR {householder}; scikit-learn {sklearn}; `np.linalg.lstsq` {lstsq}",
        "huber": "Huber's loss, 200,000 × 100",
        "seconds": "{ours} s",
        "huber_others": "scikit-learn `HuberRegressor` {sklearn} s",
        "absolute": "the absolute loss, 1,000,000 × 20, to a relative gap of 1e-6",
        "absolute_others": "scikit-learn `QuantileRegressor` on {n_rows} rows {sklearn} s and {memory} MB",
        "summary": "fit and `summary()`, 1,700,000 × 30",
        "summary_others": "statsmodels `OLS` {statsmodels} s",
        "all": "All of it is in [benchmarks/results/tables.md](benchmarks/results/tables.md).",
    },
    "zh": {
        "head": "{processor} 的 {cores} 个核，{date}；同一次运行中轮流测得的中位数：",
        "what": "任务",
        "others": "其他",
        "squares": "最小二乘，1,000,000 × 100，float32",
        "squares_ours": "{ours} 秒，除 X 之外占 {memory} MB",
        "squares_others": "仅 BLAS 的 `X.T @ X` {gram} 秒；scikit-learn `LinearRegression` {sklearn} 秒，"
        "Cholesky 的 `Ridge` {ridge} 秒",
        "stream": "同样的任务，数据来自 {n_rows} × {n_features} 的 Parquet 文件，整个进程",
        "stream_ours": "{ours} 秒，总共 {memory} MB",
        "stream_others": "polars 扫描该文件 {polars} 秒",
        "digits": "10 次多项式，正确的有效数字位数",
        "digits_others": "带列选主元的 Householder QR {householder}；scikit-learn {sklearn}；`np.linalg.lstsq` {lstsq}",
        "huber": "Huber 损失，200,000 × 100",
        "seconds": "{ours} 秒",
        "huber_others": "scikit-learn `HuberRegressor` {sklearn} 秒",
        "absolute": "绝对值损失，1,000,000 × 20，相对间隙不超过 1e-6",
        "absolute_others": "scikit-learn `QuantileRegressor` 在 {n_rows} 行上 {sklearn} 秒、{memory} MB",
        "summary": "拟合与 `summary()`，1,700,000 × 30",
        "summary_others": "statsmodels `OLS` {statsmodels} 秒",
        "all": "全部结果见 [benchmarks/results/tables.md](benchmarks/results/tables.md)。",
    },
}  # fmt: skip


def block(results: Results, lang: str) -> str:
    """Return the measured table in a language."""
    t = _WORDS[lang]
    machine = results["machine"]
    head = t["head"].format(
        cores=machine["cores"], processor=machine["processor"], date=results["created"][:10]
    )
    lines = [f"| {t['what']} | onelayer | {t['others']} |", "|---|---|---|"]
    for name, values in _measured(results).items():
        ours = t.get(f"{name}_ours", t["seconds"] if name != "digits" else "{ours}")
        cells = (t[name], ours, t[f"{name}_others"])
        lines.append(f"| {' | '.join(cell.format(**values) for cell in cells)} |")
    return "\n".join([head, "", *lines, "", t["all"]])


def _measured(results: Results) -> dict[str, dict[str, Any]]:
    """Return the numbers of each row, as text."""

    def seconds(race: str, task: str) -> str:
        return f"{figures.seconds(figures.who(results, race), task):.3g}"

    def memory(race: str, task: str) -> str:
        return f"{figures.growth(figures.who(results, race)[task]) / MEGABYTE:.0f}"

    longest, growth = results["stream"][-1], GROWTH[-1]
    digits = next(record["digits"] for record in results["accuracy"] if record["case"] == _DEGREE_10)
    return {
        "squares": {
            "ours": seconds("least-squares", "onelayer"),
            "memory": memory("least-squares", "onelayer"),
            "gram": seconds("least-squares", "gram"),
            "sklearn": seconds("least-squares", "sklearn"),
            "ridge": seconds("least-squares", "sklearn-ridge"),
        },
        "stream": {
            "n_rows": f"{longest['n_rows']:,}",
            "n_features": longest["n_features"],
            "ours": f"{figures.stream_seconds(longest, 'onelayer'):.3g}",
            "polars": f"{figures.stream_seconds(longest, 'polars'):.3g}",
            "memory": f"{figures.stream_memory(longest):.0f}",
        },
        "digits": {"ours": f"{digits['onelayer']:.1f}"}
        | {way: f"{each:.1f}" for way, each in digits.items()},
        "huber": {"ours": seconds("huber", "onelayer-huber"), "sklearn": seconds("huber", "sklearn-huber")},
        "absolute": {
            "ours": seconds("absolute", "onelayer-absolute"),
            "n_rows": f"{growth.n_rows:,}",
            "sklearn": seconds(growth.name, "sklearn-quantile"),
            "memory": memory(growth.name, "sklearn-quantile"),
        },
        "summary": {
            "ours": seconds("summary", "onelayer-summary"),
            "statsmodels": seconds("summary", "statsmodels"),
        },
    }
