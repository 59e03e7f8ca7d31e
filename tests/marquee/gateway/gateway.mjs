// The reference gateway on a supergraph file: a JSON line in ({query, variables, headers}), the answer's line out.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { parse, validate } from "graphql";

class Source extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    for (const [name, value] of Object.entries(context.headers ?? {})) request.http.headers.set(name, value);
  }
}

const silent = { debug() {}, info() {}, warn: console.error, error: console.error };
const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(process.argv[2], "utf8"),
  buildService: ({ url }) => new Source({ url }),
  logger: silent,
});
const { schema, executor } = await gateway.load();
const cache = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { query, variables, headers } = JSON.parse(line);
  const document = parse(query);
  const errors = validate(schema, document);
  const answer = errors.length
    ? { errors }
    : await executor({
        document,
        request: { query, variables, http: { headers: new Map() } },
        operationName: undefined,
        operation: document.definitions[0],
        queryHash: query,
        context: { headers },
        cache: { get: async (key) => cache.get(key), set: async (key, value) => void cache.set(key, value) },
        schema,
        metrics: {},
        logger: silent,
      });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await gateway.stop();
