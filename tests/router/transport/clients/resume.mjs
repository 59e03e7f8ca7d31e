// Each real client watches numbers while the server restarts, by its own way to connect again, and goes on after
// the last one it saw. Prints a line for each thing that happened: {"client", "saw" | "closed" | "failed"}.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client/core/index.js';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions/index.js';
import { createClient as createUrql, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { createRequire } from 'node:module';
import { map } from 'rxjs';

const require = createRequire(import.meta.url);
const WebSocket = require('ws');
const { SubscriptionClient } = require('subscriptions-transport-ws');

const http = process.argv[2];
const only = process.argv[3];
const tokens = (process.argv[4] ?? '').split(',');
const ws = http.replace('http', 'ws');
const TICKS = 'subscription ($after: Int) { ticks(afterVersion: $after) }';
const RETRIES = 1000;
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

const tell = (client, what) => console.log(JSON.stringify({ client, ...what }));

function sink(client, variables) {
  return {
    next: (result) => {
      if (result.errors?.length) {
        tell(client, { failed: result.errors[0].extensions?.code });
        return;
      }
      variables.after = result.data.ticks;
      tell(client, { saw: result.data.ticks });
    },
    error: (error) => tell(client, { failed: String(error?.code ?? error) }),
    complete: () => tell(client, { failed: 'completed' }),
  };
}

function socket(client) {
  return createWs({
    url: ws,
    webSocketImpl: WebSocket,
    retryAttempts: RETRIES,
    retryWait: pause,
    shouldRetry: () => true, // also while nobody listens
    connectionParams: () => {
      const token = tokens.length > 1 ? tokens.shift() : tokens[0];
      return token ? { authorization: `Bearer ${token}` } : {};
    },
    on: { closed: (event) => event.code !== 1006 && tell(client, { closed: event.code, why: event.reason }) },
  });
}

const clients = {
  'graphql-ws': (name) => {
    const variables = {};
    socket(name).subscribe({ query: TICKS, variables }, sink(name, variables));
  },
  'graphql-sse, distinct': (name) => {
    const variables = {};
    const client = createSse({ url: http, retryAttempts: RETRIES, retry: pause });
    client.subscribe({ query: TICKS, variables }, sink(name, variables));
  },
  'graphql-sse, single': (name) => {
    const variables = {};
    const client = createSse({ url: http, singleConnection: true, retryAttempts: RETRIES, retry: pause });
    client.subscribe({ query: TICKS, variables }, sink(name, variables));
  },
  'subscriptions-transport-ws': (name) => {
    const variables = {};
    const client = new SubscriptionClient(ws, { reconnect: true, reconnectionAttempts: RETRIES }, WebSocket);
    client.request({ query: TICKS, variables }).subscribe(sink(name, variables));
  },
  '@apollo/client': (name) => {
    const resuming = new ApolloLink((operation, forward) =>
      forward(operation).pipe(
        map((result) => {
          operation.variables.after = result.data.ticks;
          return result;
        }),
      ),
    );
    const link = ApolloLink.from([resuming, new GraphQLWsLink(socket(name))]);
    new ApolloClient({ link, cache: new InMemoryCache() })
      .subscribe({ query: gql(TICKS), variables: { after: null } })
      .subscribe(sink(name, {}));
  },
  '@apollo/client, multipart': (name) => {
    // A stream that breaks off is an error of the subscription: the program subscribes again.
    const client = new ApolloClient({ link: new HttpLink({ uri: http }), cache: new InMemoryCache() });
    const variables = {};
    const watch = () => {
      let again = () => {
        again = () => {};
        pause().then(watch);
      };
      client.subscribe({ query: gql(TICKS), variables: { ...variables } }).subscribe({
        next: (result) => {
          if (result.error || !result.data) {
            again();
          } else {
            sink(name, variables).next(result);
          }
        },
        error: () => again(),
        complete: () => again(),
      });
    };
    watch();
  },
  urql: (name) => {
    const client = socket(name);
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (observer) => {
        const request = { query, variables: { ...variables } };
        const unsubscribe = client.subscribe(request, {
          ...observer,
          next: (result) => {
            request.variables.after = result.data.ticks;
            observer.next(result);
          },
        });
        return { unsubscribe };
      },
    });
    createUrql({ url: http, exchanges: [subscriptionExchange({ forwardSubscription }), fetchExchange] })
      .subscription(TICKS, {})
      .subscribe(sink(name, {}).next);
  },
};

for (const [name, start] of Object.entries(clients)) {
  if (!only || only === name) {
    start(name);
  }
}
process.stdin.on('end', () => process.exit(0)).resume();
