// The only door to the server: queries and mutations by fetch, subscriptions by graphql-transport-ws.
import { createClient, type Client } from "graphql-ws";
import { accessToken, ensureFresh, forget } from "./session";

export class GraphQLFailure extends Error {
  constructor(readonly errors: { message: string; extensions?: { code?: string; reason?: string } }[]) {
    super(errors.map((error) => error.message).join("\n"));
  }
}

export async function request<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  await ensureFresh();
  const token = accessToken();
  try {
    return await send<T>(query, variables, token);
  } catch (error) {
    // The session was ended elsewhere, on another device or by staff.
    if (token && error instanceof GraphQLFailure && error.errors.some((one) => one.extensions?.reason === "REVOKED")) forget(token);
    throw error;
  }
}

// Without a session check: what the session itself is made with.
export async function send<T>(query: string, variables: Record<string, unknown>, token: string | null): Promise<T> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data?: T; errors?: GraphQLFailure["errors"] };
  if (!answer.data) throw new GraphQLFailure(answer.errors ?? [{ message: `HTTP ${response.status}` }]);
  return answer.data;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
let socket: Client | null = null;

function client(): Client {
  socket ??= createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    lazy: true,
    lazyCloseTimeout: 3_000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    connectionParams: async () => {
      await ensureFresh();
      const token = accessToken();
      return token ? { authorization: `Bearer ${token}` } : {};
    },
  });
  return socket;
}

// Closes the socket, so that the next subscription connects with the present identity.
export function forgetSocket(): void {
  void socket?.dispose();
  socket = null;
}

// Calls `next` for each event until the returned function is called. `variables` is read again on each reconnect.
export function subscribe<T>(query: string, variables: () => Record<string, unknown>, next: (data: T) => void): () => void {
  let ended = false;
  let wait = FIRST_RETRY_MS;
  let stop: (() => void) | null = null;
  const start = () => {
    if (ended) return;
    stop = client().subscribe<T>(
      { query, variables: variables() },
      {
        next: (result) => {
          wait = FIRST_RETRY_MS;
          if (result.data) next(result.data);
        },
        error: () => {
          setTimeout(start, wait);
          wait = Math.min(wait * 2, LONGEST_RETRY_MS); // a refusal may last
        },
        complete: () => undefined,
      },
    );
  };
  start();
  return () => {
    ended = true;
    stop?.();
  };
}
