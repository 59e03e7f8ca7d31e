import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';

const settings = JSON.parse(document.getElementById('settings').textContent);
const url = new URL(settings.endpoint, window.location.href);
const socket = new URL(url);
socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

const text = (value) => (value == null || typeof value === 'string' ? value : JSON.stringify(value, null, 2));

// What the URL asks for comes first; a visitor who was here before keeps the tabs of then.
function opening() {
  const asked = new URLSearchParams(window.location.search);
  if (asked.get('query')) {
    return { query: asked.get('query'), variables: asked.get('variables') ?? '' };
  }
  if (window.localStorage.getItem('graphiql:tabState') || settings.examples.length === 0) {
    return {};
  }
  const defaultTabs = settings.examples.map(({ query, variables, headers }) => ({
    query,
    variables: text(variables),
    headers: text(headers),
  }));
  // GraphiQL shows the variables of its first tab only when they are named here too.
  return { defaultTabs, variables: defaultTabs[0].variables, headers: defaultTabs[0].headers };
}

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={createGraphiQLFetcher({ url: url.href, subscriptionUrl: socket.href })}
    {...opening()}
    isHeadersEditorEnabled
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>{settings.title}</GraphiQL.Logo>
  </GraphiQL>,
);
