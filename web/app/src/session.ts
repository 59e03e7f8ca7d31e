// Who is logged in: tokens, their renewal, and the user that the page greets.
import { signal } from "@preact/signals";
import { forgetSocket, GraphQLFailure, send } from "./graphql";
import { type Locale, locale } from "./i18n";

export interface SessionUser {
  id: string;
  name: string;
  email: string;
  role: "CUSTOMER" | "BOX_OFFICE" | "MANAGER" | "ADMIN";
}
interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
}
interface SessionPayload extends Partial<Tokens> {
  deviceToken?: string | null;
  user: SessionUser | null;
  errors: { code: string; message: string; path: string[] | null }[];
}

const KEY = "marquee.session";
const FIELDS = "user { id name email role } accessToken refreshToken expiresAt errors { code message path }";
// Outlives a session: it shows at the next log-in that this device is known.
const DEVICE_KEY = "marquee.device";
const OPENED = `${FIELDS} deviceToken`;
const RENEW_BEFORE_MS = 30_000;
const ASK_AGAIN_MS = 5_000;

export const user = signal<SessionUser | null>(null);
let tokens: Tokens | null = read();
// Whether it is known yet who the kept tokens belong to.
export const known = signal(tokens === null);
let renewal: Promise<void> | null = null;

function read(): Tokens | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Tokens | null;
  } catch {
    return null;
  }
}

function keep(next: Tokens | null, who: SessionUser | null): void {
  tokens = next;
  user.value = who;
  if (next) localStorage.setItem(KEY, JSON.stringify(next));
  else localStorage.removeItem(KEY);
  forgetSocket();
}

// Logs out here, unless somebody has logged in meanwhile.
export function forget(token: string): void {
  if (tokens?.accessToken === token) keep(null, null);
}

export function accessToken(): string | null {
  return tokens?.accessToken ?? null;
}

// Renews the access token when it is about to end; concurrent callers share one renewal.
export function ensureFresh(): Promise<void> {
  if (!tokens || Date.parse(tokens.expiresAt) - Date.now() > RENEW_BEFORE_MS) return Promise.resolve();
  renewal ??= renew().finally(() => (renewal = null));
  return renewal;
}

async function renew(): Promise<void> {
  const query = `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { ${FIELDS} } }`;
  const latest = read() ?? tokens; // another tab may have rotated it already
  if (!latest) return keep(null, null);
  if (latest.accessToken !== tokens?.accessToken && Date.parse(latest.expiresAt) - Date.now() > RENEW_BEFORE_MS) {
    tokens = latest;
    return;
  }
  const data = await send<{ refreshSession: SessionPayload }>(query, { input: { refreshToken: latest.refreshToken } }, null);
  take(data.refreshSession);
}

function take(payload: SessionPayload): SessionPayload {
  const { accessToken: access, refreshToken, expiresAt, deviceToken } = payload;
  if (deviceToken) localStorage.setItem(DEVICE_KEY, deviceToken);
  if (access && refreshToken && expiresAt) keep({ accessToken: access, refreshToken, expiresAt }, payload.user);
  else keep(null, null);
  return payload;
}

export async function logIn(email: string, password: string): Promise<SessionPayload> {
  const query = `mutation LogIn($input: LoginInput!) { login(input: $input) { ${OPENED} } }`;
  const deviceToken = localStorage.getItem(DEVICE_KEY);
  const data = await send<{ login: SessionPayload }>(query, { input: { email, password, deviceToken } }, null);
  return data.login.accessToken ? take(data.login) : data.login;
}

export async function register(name: string, email: string, password: string): Promise<SessionPayload> {
  const query = `mutation Register($input: RegisterUserInput!) { registerUser(input: $input) { ${OPENED} } }`;
  const input = { name, email, password, locale: locale.value satisfies Locale };
  const data = await send<{ registerUser: SessionPayload }>(query, { input }, null);
  return data.registerUser.accessToken ? take(data.registerUser) : data.registerUser;
}

export async function logOut(): Promise<void> {
  await ensureFresh();
  const query = "mutation LogOut { logout(input: {}) { success } }";
  await send(query, {}, accessToken()).catch(() => undefined); // the local session ends in any case
  keep(null, null);
}

// At start: who do the kept tokens belong to? Only the server's word ends the session; while it cannot be reached,
// it is asked again.
export async function restore(): Promise<void> {
  if (!tokens) return;
  try {
    await ensureFresh();
    const data = await send<{ me: SessionUser | null }>("{ me { id name email role } }", {}, accessToken());
    if (data.me) user.value = data.me;
    else keep(null, null);
  } catch (error) {
    const refused = error instanceof GraphQLFailure && error.errors.some((each) => each.extensions?.code?.startsWith("UNAUTH"));
    if (refused) keep(null, null);
    else setTimeout(() => void restore(), ASK_AGAIN_MS);
  } finally {
    known.value = true;
  }
}
