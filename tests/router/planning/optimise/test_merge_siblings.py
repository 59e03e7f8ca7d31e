"""Entity fetches from one subgraph in one step are one operation."""

from __future__ import annotations

from marquee_router.planning.print_plan import print_plan
from tests.router.planning.examples import shop


def test_sibling_entity_fetches_from_one_subgraph_are_one_operation() -> None:
    graph = shop()
    plan = graph.plan("query($a: Boolean!) { one { name price @include(if: $a) } two: one { name } }")
    assert print_plan(plan).splitlines() == [
        "QueryPlan {",
        "  Sequence {",
        "    Fetch catalog {",
        "      {",
        "        one {",
        "          __typename",
        "          upc",
        "          region",
        "        }",
        "        two: one {",
        "          __typename",
        "          upc",
        "          region",
        "        }",
        "      }",
        "    }",
        "    Entities details {",
        "      $r0: one => { __typename, upc, region }",
        "      $r1: two => { __typename, upc, region }",
        "      query ($r0: [_Any!]!, $r1: [_Any!]!, $a: Boolean!) {",
        "        e0: _entities(representations: $r0) {",
        "          ... on Product {",
        "            name",
        "            price @include(if: $a)",
        "          }",
        "        }",
        "        e1: _entities(representations: $r1) {",
        "          ... on Product {",
        "            name",
        "          }",
        "        }",
        "      }",
        "    }",
        "  }",
        "}",
    ]
