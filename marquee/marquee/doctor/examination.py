"""Runs all looks concurrently, each with a deadline; reports them in the order in which they were named."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from marquee.doctor import machine, services, stores
from marquee.doctor.finding import Discretion, Finding, Look, bad, good
from marquee_subgraphs.kit.settings import SettingsError, load_settings

_DEADLINE_SECONDS: Final = 6.0
_LONGEST: Final = 120


async def examine(names: Sequence[str], given: Mapping[str, Any]) -> list[Finding]:
    """Look at what the subgraphs `names` need by the settings of the environment, over which `given` wins."""
    try:
        settings = load_settings(None, **given)
    except SettingsError as error:
        return [
            machine.python(),
            *(
                bad("settings", f"{name}: {problem}", f"Correct {name}.")
                for name, problem in error.problems.items()
            ),
        ]
    count = sum(f"MARQUEE_{name.upper()}" in os.environ for name in type(settings).model_fields)
    found: list[Finding] = [machine.python(), good("settings", f"valid; {count} variables are set")]
    looks = [
        *machine.looks(settings, names),
        *stores.looks(settings, names),
        *services.looks(settings),
    ]
    discretion = Discretion(settings)
    # Remote services first, and alone: work in this process would count into their response times.
    looked: dict[str, Finding] = {}
    for is_remote in (True, False):
        chosen = [each for each in looks if each[1] is is_remote]
        findings = await asyncio.gather(*[_timed(*each) for each in chosen])
        looked |= {name: discretion.hide(each) for (name, *_), each in zip(chosen, findings, strict=True)}
    found += [looked[name] for name, *_ in looks]
    # Composition occupies this process for a second, so it comes last.
    found.append(await machine.supergraph())
    return found


async def _timed(name: str, is_remote: bool, look: Look) -> Finding:
    began = time.monotonic()
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            finding = await look()
    except TimeoutError:
        return bad(
            name, f"no answer within {_DEADLINE_SECONDS:.0f} s", "Is the address right, is it blocked?"
        )
    except Exception as error:  # noqa: BLE001  # an edge: whatever a look meets is what it found
        return bad(
            name, f"{type(error).__name__}: {_first_line(error)}", "Is it running, is the address right?"
        )
    took = round((time.monotonic() - began) * 1000)
    return replace(finding, milliseconds=took) if is_remote else finding


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:_LONGEST] if lines else "no more is known"
