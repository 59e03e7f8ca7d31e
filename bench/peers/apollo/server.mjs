// Apollo Gateway behind Apollo Server's own HTTP server: server.mjs SUPERGRAPH_FILE SUBGRAPHS_JSON PORT
import { readFileSync } from "node:fs";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

const gateway = new ApolloGateway({ supergraphSdl: readFileSync(process.argv[2], "utf8") });
const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false });
await startStandaloneServer(server, { listen: { host: "127.0.0.1", port: Number(process.argv[4]) } });
process.on("SIGTERM", () => process.exit(0));
