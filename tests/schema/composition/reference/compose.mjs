// Composes sets of subgraphs with the reference: a JSON line in ([{name, url, sdl}]), a JSON line out.
import { createInterface } from "node:readline";
import { composeServices } from "@apollo/composition";
import { parse, printSchema } from "graphql";

const compose = (subgraphs) => {
  try {
    const result = composeServices(
      subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
    );
    if (result.errors?.length) {
      return {
        ok: false,
        codes: result.errors.map((error) => error.extensions?.code ?? "UNKNOWN"),
        messages: result.errors.map((error) => error.message),
      };
    }
    return {
      ok: true,
      api: printSchema(result.schema.toAPISchema().toGraphQLJSSchema()),
      supergraph: result.supergraphSdl,
      hints: (result.hints ?? []).map((hint) => hint.definition.code),
    };
  } catch (error) {
    return { ok: false, codes: ["CRASH"], messages: [String(error.message)] };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(compose(JSON.parse(line)))}\n`);
}
