// Clients that read answers in parts, against the URL given: prints one JSON line per result, as it comes.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core/index.js';
import { Defer20220824Handler } from '@apollo/client/incremental/index.js';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const WebSocket = require('ws');
const [http, name, query] = process.argv.slice(2);
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function apollo() {
  const client = new ApolloClient({
    link: new HttpLink({ uri: http }),
    cache: new InMemoryCache({ possibleTypes: {} }),
    incrementalHandler: new Defer20220824Handler(),
  });
  const strip = (value) =>
    JSON.parse(JSON.stringify(value), (key, inner) => (key === '__typename' ? undefined : inner));
  await new Promise((resolve, reject) => {
    client.watchQuery({ query: gql(query), errorPolicy: 'all', notifyOnNetworkStatusChange: false }).subscribe({
      next: (result) => {
        if (result.dataState === 'empty') return;
        tell({ data: strip(result.data), state: result.dataState, errors: result.error?.errors?.map((e) => e.path) });
        if (result.dataState === 'complete' || result.error) resolve();
      },
      error: reject,
    });
  });
}

async function iterate(client) {
  for await (const result of client.iterate({ query })) tell(result);
  await client.dispose();
}

const clients = {
  apollo,
  'graphql-ws': () => iterate(createWs({ url: http.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })),
  'graphql-sse': () => iterate(createSse({ url: http, retryAttempts: 0 })),
  'graphql-sse, single': () => iterate(createSse({ url: http, singleConnection: true, retryAttempts: 0 })),
};
await clients[name]();
