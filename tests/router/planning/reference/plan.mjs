// Plans operations with the reference: a JSON line in ({supergraph, operations: [{text, labels}]}), a JSON line
// out with the fetches and serial steps of each, whatever its conditions say.
import { createInterface } from "node:readline";
import { Supergraph, operationFromDocument } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { parse } from "graphql";

const nothing = { fetches: 0, steps: 0 };

const measure = (node) => {
  switch (node?.kind) {
    case undefined:
      return nothing;
    case "Fetch":
      return { fetches: 1, steps: 1 };
    case "Flatten":
      return measure(node.node);
    case "Condition":
    case "Sequence":
    case "Parallel": {
      const parts = (node.nodes ?? [node.ifClause, node.elseClause]).map(measure);
      const steps = parts.map((each) => each.steps);
      return {
        fetches: parts.reduce((sum, each) => sum + each.fetches, 0),
        steps: node.kind === "Sequence" ? steps.reduce((a, b) => a + b, 0) : Math.max(0, ...steps),
      };
    }
    default:
      throw new Error(`unexpected ${node.kind}`);
  }
};

const plan = (planner, schema, { text, labels }) => {
  try {
    const operation = operationFromDocument(schema, parse(text), { validate: true });
    const overrideConditions = new Map(labels.map((label) => [label, true]));
    const found = planner.buildQueryPlan(operation, { overrideConditions });
    return { ...measure(found.node), plan: found };
  } catch (error) {
    return { error: String(error.message) };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const { supergraph: sdl, operations } = JSON.parse(line);
  let answer;
  try {
    const supergraph = Supergraph.build(sdl, { supportedFeatures: null });
    const planner = new QueryPlanner(supergraph);
    const schema = supergraph.apiSchema();
    answer = operations.map((each) => plan(planner, schema, each));
  } catch (error) {
    answer = operations.map(() => ({ error: String(error.message) }));
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
