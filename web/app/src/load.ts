// Loads what a view shows, and tells when it is loading or failed.
import { useEffect, useState } from "preact/hooks";
import { request } from "./graphql";
import { refusalsOf, wordsOf } from "./refusals";

export interface Loaded<T> {
  data: T | null;
  error: string | null;
  // Whether `data` still answer earlier variables.
  stale: boolean;
  reload: () => void;
}

export function useQuery<T>(query: string, variables: Record<string, unknown> = {}): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: string | null; key: string | null }>({ data: null, error: null, key: null });
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(variables);
  useEffect(() => {
    let current = true;
    request<T>(query, variables).then(
      (data) => current && setState({ data, error: null, key }),
      (error: unknown) => current && setState((before) => ({ ...before, error: refusalsOf(error).map(wordsOf).join(" ") })),
    );
    return () => {
      current = false;
    };
  }, [query, key, turn]);
  return { data: state.data, error: state.error, stale: state.key !== key, reload: () => setTurn((before) => before + 1) };
}

export function idempotencyKey(): string {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}
