"""The block of both READMEs on classification: what a run measured, in English and Chinese."""

from __future__ import annotations

from statistics import median

from benchmarks.classification import figures
from benchmarks.classification.figures import DISTANCES, OURS, THEIRS, Results
from benchmarks.classification.problems import ALPHAS, EMBEDDINGS, FASHION, TEN, TEXT, TWO

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "head": "{cores} cores of {processor}, {date}; medians of one run, α = 1/n, seconds until F is so near to its "
        "least value, relative to it:",
        "header": "| problem | who | {distances} |",
        "sklearn": "scikit-learn, the quickest of its solvers",
        FASHION.name: "Fashion-MNIST, 60,000 × 784, 10 classes",
        TWO.name: "100,000 × 10, 2 classes",
        TEN.name: "1,000 × 100, 10 classes",
        EMBEDDINGS.name: "20,000 × 2,048 float32, 100 classes",
        TEXT.name: "sparse text, 11,000 × 100,000, 20 classes",
        "alphas": "Twelve penalties by 5-fold cross-validation on 5,000 × 784 rows of 10 classes: {ours} s and an "
        "accuracy of {score:.4f}; scikit-learn `LogisticRegressionCV` {usual} s, with `n_jobs={cores}` {theirs} s, "
        "and {rival:.4f}.",
        "all": "All of it is in [benchmarks/results/classification.md](benchmarks/results/classification.md).",
    },
    "zh": {
        "head": "{processor} 的 {cores} 个核，{date}；同一次运行中的中位数，α = 1/n；"
        "F 与其最小值的相对差距降到以下数值所需的秒数：",
        "header": "| 问题 | 方法 | {distances} |",
        "sklearn": "scikit-learn，其最快的求解器",
        FASHION.name: "Fashion-MNIST，60,000 × 784，10 类",
        TWO.name: "100,000 × 10，2 类",
        TEN.name: "1,000 × 100，10 类",
        EMBEDDINGS.name: "20,000 × 2,048，float32，100 类",
        TEXT.name: "稀疏文本，11,000 × 100,000，20 类",
        "alphas": "在 5,000 × 784 的 10 类数据上用 5 折交叉验证选择 12 个惩罚系数：{ours} 秒，准确率 {score:.4f}；"
        "scikit-learn `LogisticRegressionCV` {usual} 秒，用 `n_jobs={cores}` 时 {theirs} 秒，{rival:.4f}。",
        "all": "全部结果见 [benchmarks/results/classification.md](benchmarks/results/classification.md)。",
    },
}  # fmt: skip


def block(results: Results, lang: str) -> str:
    """Return the measured table in a language."""
    t, machine, races = _WORDS[lang], results["machine"], results["races"]
    head = t["head"].format(
        cores=machine["cores"], processor=machine["processor"], date=results["created"][:10]
    )
    distances = " | ".join(f"{within:.0e}" for within in DISTANCES)
    lines = [t["header"].format(distances=distances), "|---|---|" + "--:|" * len(DISTANCES)]
    for problem in (FASHION, TWO, TEN, EMBEDDINGS, TEXT):
        race = races[problem.name]
        for who, whose in (("onelayer", OURS), (t["sklearn"], THEIRS)):
            reaches = (figures.quickest(race, figures.tasks(race, whose), within) for within in DISTANCES)
            lines.append(f"| {t[problem.name]} | {who} | {' | '.join(map(str, reaches))} |")
    race = races[ALPHAS.name]
    ours, theirs = (figures.quickest_of_alphas(race, whose) for whose in (OURS, THEIRS))
    alphas = t["alphas"].format(
        ours=f"{median(ours['seconds']):.3g}",
        usual=f"{median(figures.usual_alphas(race)['seconds']):.3g}",
        theirs=f"{median(theirs['seconds']):.3g}",
        cores=machine["cores"],
        score=max(ours["scores"]),
        rival=max(theirs["scores"]),
    )
    return "\n\n".join([head, "\n".join(lines), alphas, t["all"]])
