// Each real client's own query, mutation, subscription and error, against the URL given; prints one JSON object.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core/index.js';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions/index.js';
import { createClient as createUrql, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const WebSocket = require('ws');
const { SubscriptionClient } = require('subscriptions-transport-ws');

const http = process.argv[2];
const ws = http.replace('http', 'ws');
const QUERY = '{ hello }';
const MUTATION = 'mutation { add(value: 1) }';
const COUNT = 'subscription { count(to: 3) }';
const BAD = '{';
const flows = {};

const codes = (errors) => [errors].flat().map((error) => error.extensions?.code ?? String(error));

async function collect(client, query) {
  const results = [];
  for await (const result of client.iterate({ query })) {
    results.push(result.data ?? codes(result.errors));
  }
  return results;
}

async function attempt(promise) {
  try {
    return await promise;
  } catch (error) {
    return codes(error);
  }
}

async function graphqlWs() {
  const client = createWs({ url: ws, webSocketImpl: WebSocket, retryAttempts: 0 });
  const flow = {
    query: await collect(client, QUERY),
    mutation: await collect(client, MUTATION),
    subscription: await collect(client, COUNT),
    syntaxError: await attempt(collect(client, BAD)),
    afterwards: await collect(client, QUERY),
  };
  await client.dispose();
  return flow;
}

async function graphqlSse(singleConnection) {
  const client = createSse({ url: http, singleConnection, retryAttempts: 0 });
  const flow = {
    query: await collect(client, QUERY),
    mutation: await collect(client, MUTATION),
    subscription: await collect(client, COUNT),
    syntaxError: await attempt(collect(client, BAD)),
  };
  client.dispose();
  return flow;
}

async function legacy() {
  const client = new SubscriptionClient(ws, { reconnect: false }, WebSocket);
  const run = (query) =>
    new Promise((resolve, reject) => {
      const results = [];
      client.request({ query }).subscribe({
        next: (result) => results.push(result.data ?? codes(result.errors)),
        error: reject,
        complete: () => resolve(results),
      });
    });
  const flow = {
    query: await run(QUERY),
    mutation: await run(MUTATION),
    subscription: await run(COUNT),
    syntaxError: await attempt(run(BAD)),
  };
  client.close();
  return flow;
}

function apolloEvents(client, query) {
  return new Promise((resolve, reject) => {
    const results = [];
    client.subscribe({ query: gql(query) }).subscribe({
      next: (result) => results.push(result.data),
      error: reject,
      complete: () => resolve(results),
    });
  });
}

async function apollo() {
  const client = new ApolloClient({ link: new HttpLink({ uri: http }), cache: new InMemoryCache() });
  const socket = createWs({ url: ws, webSocketImpl: WebSocket });
  const overSocket = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const flow = {
    query: [(await client.query({ query: gql(QUERY) })).data],
    mutation: [(await client.mutate({ mutation: gql(MUTATION) })).data],
    multipartSubscription: await apolloEvents(client, COUNT),
    socketSubscription: await apolloEvents(overSocket, COUNT),
    error: await client.query({ query: gql('{ nothing }') }).catch((error) => codes(error.errors)),
  };
  await socket.dispose();
  return flow;
}

function urqlEvents(client) {
  return new Promise((resolve) => {
    const results = [];
    client.subscription(COUNT, {}).subscribe((result) => {
      results.push(result.data);
      if (result.data.count === 3) {
        resolve([...results]);
      }
    });
  });
}

async function urql() {
  const client = createUrql({ url: http, exchanges: [fetchExchange], fetchSubscriptions: true, preferGetMethod: false });
  const socket = createWs({ url: ws, webSocketImpl: WebSocket });
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const overSocket = createUrql({
    url: http,
    exchanges: [subscriptionExchange({ forwardSubscription }), fetchExchange],
    preferGetMethod: false,
  });
  const byGet = createUrql({ url: http, exchanges: [fetchExchange], preferGetMethod: true });
  const { error } = await client.query('{ nothing }', {});
  const flow = {
    query: [(await client.query(QUERY, {})).data],
    queryByGet: [(await byGet.query(QUERY, {})).data],
    mutation: [(await client.mutation(MUTATION, {})).data],
    streamSubscription: await urqlEvents(client),
    socketSubscription: await urqlEvents(overSocket),
    error: codes(error.graphQLErrors),
  };
  await socket.dispose();
  return flow;
}

flows['graphql-ws'] = await graphqlWs();
flows['graphql-sse, distinct'] = await graphqlSse(false);
flows['graphql-sse, single'] = await graphqlSse(true);
flows['subscriptions-transport-ws'] = await legacy();
flows['@apollo/client'] = await apollo();
flows.urql = await urql();
console.log(JSON.stringify(flows));
process.exit(0);
