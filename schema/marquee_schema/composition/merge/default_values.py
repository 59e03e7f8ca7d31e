"""FIELD_ARGUMENT_DEFAULT_MISMATCH and INPUT_FIELD_DEFAULT_MISMATCH: defaults must be equal wherever they are
given.

Hint INCONSISTENT_DEFAULT_VALUE_PRESENCE: a default that only some subgraphs give is left out.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.literal_types import print_literal
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.differences import differences
from marquee_schema.composition.model import Argument, InputField
from marquee_schema.composition.values import MISSING, Default, same_value


def merge_default(
    context: MergeContext,
    sources: Mapping[int, Argument] | Mapping[int, InputField],
    target: Argument | InputField,
) -> None:
    """Gives `target` the default value on which all subgraphs agree."""
    given: dict[int, Argument | InputField] = dict(sources)
    defaults = [source.default for source in given.values()]
    present: list[Default] = [default for default in defaults if default is not MISSING]
    if not present:
        return
    what = "Argument" if isinstance(target, Argument) else "Input field"
    if len(present) == len(defaults) and all(same_value(present[0], other) for other in present[1:]):
        target.default = present[0]
        return
    printed = {
        index: "no default value"
        if source.default is MISSING
        else f"default value {print_literal(context.merged, source.default, source.type)}"
        for index, source in given.items()
    }
    if any(not same_value(present[0], other) for other in present[1:]):
        target.default = present[0]
        context.error(
            ErrorCode.FIELD_ARGUMENT_DEFAULT_MISMATCH
            if isinstance(target, Argument)
            else ErrorCode.INPUT_FIELD_DEFAULT_MISMATCH,
            f'{what} "{target.coordinate}" has incompatible default values across subgraphs: it has'
            f" {differences(context, printed)}.",
            given,
        )
    else:
        # A default in the supergraph would be sent to the subgraph that has none, and change its answers.
        context.hint(
            HintCode.INCONSISTENT_DEFAULT_VALUE_PRESENCE,
            f'{what} "{target.coordinate}" has a default value in only some subgraphs, so the supergraph has'
            f" none: it has {differences(context, printed)}.",
            given,
        )
