// A client that sends files with its operation, against the URL given; prints what it was answered.
import { Client, fetchExchange } from '@urql/core';

const client = new Client({
  url: process.argv[2],
  exchanges: [fetchExchange],
  fetchOptions: { headers: { 'graphql-require-preflight': '1' } },
  preferGetMethod: false,
});
const files = ['one', 'two'].map((text) => new File([text], `${text}.txt`, { type: 'text/plain' }));
const query = 'mutation ($files: [Upload!]!, $note: Note!) { store(files: $files) attach(note: $note) }';
const result = await client.mutation(query, { files, note: { title: 'n', file: files[0] } }).toPromise();
process.stdout.write(JSON.stringify({ data: result.data, error: result.error?.message }));
