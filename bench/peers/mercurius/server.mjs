// Mercurius' gateway over Fastify, with its compiled operations: server.mjs SUPERGRAPH_FILE SUBGRAPHS_JSON PORT
import Fastify from "fastify";
import gateway from "@mercuriusjs/gateway";

const app = Fastify();
const services = JSON.parse(process.argv[3]).map(({ name, url }) => ({ name, url }));
await app.register(gateway, { jit: 1, gateway: { services } });
await app.listen({ host: "127.0.0.1", port: Number(process.argv[4]) });
process.on("SIGTERM", () => process.exit(0));
