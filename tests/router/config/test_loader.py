"""Settings: from file and environment, checked, with each mistake where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee_router.config import ConfigError, RouterConfig, json_schema, load_config


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    file = folder / "router.yaml"
    file.write_text(text)
    return file


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    """What is wrong with it, the folder left out."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text), environment)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_without_anything_the_defaults_hold() -> None:
    assert load_config(environment={}) == RouterConfig()


def test_an_empty_file_is_no_mistake(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "# nothing\n"), {}) == RouterConfig()


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "http:\n  path: /api\nlimits:\n  max_depth: 7\n"), {})
    assert (config.http.path, config.limits.max_depth, config.limits.max_aliases) == ("/api", 7, 500)


def test_each_mistake_names_its_line(tmp_path: Path) -> None:
    text = (
        "http:\n  max_body_bytes: -1\ncsrf:\n  colour: red\n"
        "authentication:\n  issuers:\n  - issuer: a\n    algorithms: [HS256]\n"
    )
    assert problems(tmp_path, text) == [
        "router.yaml:2: http.max_body_bytes: must be greater than 0, not -1",
        "router.yaml:4: csrf.colour: there is no such setting here; there are enabled, required_headers",
        "router.yaml:8: authentication.issuers.0.algorithms.0: must be 'EdDSA', 'ES256' or 'RS256', "
        "not 'HS256'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limts: {}", "limts: there is no such setting: did you mean limits?"),
        (
            "subgraphs: {by_name: {users: {urls: x}}}",
            "subgraphs.by_name.users.urls: there is no such setting: did you mean url?",
        ),
        (
            "rate_limits: {per_user: {limit: 1, second: 5}}",
            "rate_limits.per_user.second: there is no such setting: did you mean seconds?",
        ),
        (
            "rate_limits: {fields: {login: 4}}",
            "rate_limits.fields.login: must be a mapping with limit, seconds",
        ),
        ("authentication: {issuers: [{}]}", "authentication.issuers.0.issuer: is missing, and must be set"),
        ("cors: {origins: 'https://a.test'}", "cors.origins: must be a list: [a, b]"),
        ("headers: {insert: 5}", "headers.insert: must be a mapping"),
        ("rate_limits: {redis_url: [5]}", "rate_limits.redis_url: must be a valid string"),
    ],
)
def test_a_mistake_says_what_to_write_instead(tmp_path: Path, text: str, said: str) -> None:
    assert problems(tmp_path, text) == [f"router.yaml:1: {said}"]


def test_mistakes_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "limits: {max_depth: 0}\nhttp: 1\nlogs: 2\n" + "#\n" * 8 + "cors: 3\n"
    assert [line.split(":")[1] for line in problems(tmp_path, text)] == ["1", "2", "3", "12"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http: [", "router.yaml:1: expected the node content, but found '<stream end>'"),
        ("- a", "router.yaml:1: must be a mapping of settings"),
        ("http:\n  path: /a\n  path: /b\n", "router.yaml:3: http.path: is set twice"),
        ("csrf:\n", "router.yaml:1: csrf: must be a mapping with enabled, required_headers"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [problem]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_config(tmp_path / "nowhere.yaml", {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = {
        "MARQUEE_ROUTER__HTTP__PATH": "/env",
        "MARQUEE_ROUTER__CORS__ORIGINS": "[https://a.test]",
        "MARQUEE_ROUTER__INTROSPECTION": "false",
        "MARQUEE_OTHER": "x",
    }
    config = load_config(written(tmp_path, "http:\n  path: /file\n  max_body_bytes: 5\n"), environment)
    assert (config.http.path, config.http.max_body_bytes) == ("/env", 5)
    assert config.cors.origins == ("https://a.test",)
    assert config.introspection is False


def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path) -> None:
    assert problems(tmp_path, "", MARQUEE_ROUTER__LIMITS__MAX_DEPTH="deep") == [
        "MARQUEE_ROUTER__LIMITS__MAX_DEPTH: limits.max_depth: must be a valid integer, not 'deep'"
    ]
    assert problems(tmp_path, "", MARQUEE_ROUTER__LIMITS__MAX_DEPHT="1") == [
        "MARQUEE_ROUTER__LIMITS__MAX_DEPHT: limits.max_depht: there is no such setting: "
        "did you mean max_depth?"
    ]


def test_the_schema_describes_every_section() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(RouterConfig.model_fields)
    assert schema["additionalProperties"] is False


def test_references_are_read_from_the_environment(tmp_path: Path) -> None:
    text = (
        "http:\n  path: ${WHERE:-/graphql}\n  max_body_bytes: ${MOST}\n"
        'headers:\n  insert: { a: "${MOST}", b: "$${MOST} $$5", c: "${HOST}:${EMPTY:-80}" }\n'
    )
    config = load_config(written(tmp_path, text), {"MOST": "77", "HOST": "h", "EMPTY": ""})
    assert (config.http.path, config.http.max_body_bytes) == ("/graphql", 77)
    assert config.headers.insert == {"a": "77", "b": "${MOST} $5", "c": "h:80"}


def test_each_variable_that_is_not_set_names_its_line(tmp_path: Path) -> None:
    text = "http:\n  path: ${WHERE}\ncors:\n  origins:\n  - https://a.test\n  - ${ORIGIN}\n"
    assert problems(tmp_path, text) == [
        "router.yaml:2: http.path: the variable WHERE is not set",
        "router.yaml:6: cors.origins.1: the variable ORIGIN is not set",
    ]


def test_the_routers_file_of_the_cinema_needs_no_variable() -> None:
    config = load_config(Path(__file__).parents[3] / "deploy" / "router.yaml", {})
    assert config.subgraph_identity.key_file is None
    assert config.subgraphs.of("tickets").url == "http://127.0.0.1:5000/graphql"
