import json

from evaluations.core.charts import curve_figure
from evaluations.core.curves import as_curve, thin
from evaluations.core.recipes import CurvePoint


def make_curve(n, best=None):
    best = n // 3 if best is None else best
    return as_curve([CurvePoint(x=i, train_loss=1 / (i + 1), validation_loss=abs(i - best) + 1.0) for i in range(n)])


def test_points_become_columns_in_order_of_x():
    curve = as_curve([CurvePoint(x=2, train_score=0.9), CurvePoint(x=1, validation_loss=0.5)])

    assert (curve.x, curve.train_score, curve.validation_loss) == ([1.0, 2.0], [None, 0.9], [0.5, None])
    assert curve.best == 0
    assert as_curve([]).best is None


def test_thinning_keeps_the_ends_and_the_best_and_leaves_short_curves_alone():
    for best in (0, 1, 777, 4998, 4999):
        curve = make_curve(5000, best)
        thinned = thin(curve, 300)

        assert len(thinned) <= 300
        assert {0.0, float(best), 4999.0} <= set(thinned.x)
        assert thinned.x == sorted(set(thinned.x))
    assert thin(make_curve(300)) == make_curve(300)


def test_figure_has_both_parts_in_one_panel_with_level_baseline_and_kept_epoch():
    figure = curve_figure(
        make_curve(20, 6), over="epoch", show="loss", y_title="log loss, nats", level=0.3, baseline=0.69, kept_x=6.0
    )

    assert [(t["name"], t["line"]["color"]) for t in figure["data"][:2]] == [
        ("Train", "--chart-train"),
        ("Validation", "--chart-validation"),
    ]
    assert (figure["data"][2]["x"], figure["data"][2]["y"]) == ([6.0], [1.0])
    assert [s["y0"] for s in figure["layout"]["shapes"]] == [0.3, 0.69]
    assert figure["layout"]["yaxis"]["rangemode"] == "tozero"
    assert figure["layout"]["template"] is None
    assert figure["config"]["showSendToCloud"] is False
    assert [n["text"] for n in figure["layout"]["annotations"]] == ["log loss, nats", "epochs", "kept", "0.05", "14"]


def test_figure_of_scores_without_figures_draws_what_there_is():
    figure = curve_figure(make_curve(5), over="rows", show="score", y_title="accuracy, %", kept_x=2.0)

    assert figure["data"][0]["y"] == [None] * 5
    assert len(figure["data"]) == 2
    assert "rangemode" not in figure["layout"]["yaxis"]
    assert json.loads(json.dumps(figure)) == figure


def test_plotly_accepts_the_figure():
    import plotly.graph_objects as go

    figure = curve_figure(
        make_curve(20), over="epoch", show="loss", y_title="loss", level=1.0, baseline=2.0, kept_x=6.0
    )
    text = json.dumps(figure).replace("--font-app", "serif")
    for colour in ("train", "validation", "level", "baseline", "text", "grid-minor", "grid"):
        text = text.replace(f"--chart-{colour}", "#123456")
    checked = json.loads(text)

    go.Figure(data=checked["data"], layout=checked["layout"])
