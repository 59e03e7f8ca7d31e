"""Labels of progressive overrides."""

from __future__ import annotations

from marquee_router.planning.override import enabled_labels, percentage


def test_labels_are_decided_by_hook_first_then_by_percentage() -> None:
    labels = ["percent(30)", "percent(80)", "beta"]
    assert enabled_labels(labels, lambda: 50.0) == {"percent(80)"}
    assert enabled_labels(labels, lambda: 50.0, lambda label: label == "beta" or None) == {
        "percent(80)",
        "beta",
    }
    assert percentage("percent(0.5)") == 0.5
    assert percentage("beta") is None
