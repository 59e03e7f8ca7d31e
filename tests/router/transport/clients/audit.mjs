// Runs the GraphQL-over-HTTP audit against the URL given; prints one JSON object.
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: process.argv[2] });
const failed = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== 'ok') {
    failed.push(`${audit.id} ${audit.name}: ${result.reason}`);
  }
}
console.log(JSON.stringify({ total: audits.length, failed }));
