// Composes the subgraphs of a JSON file ([{name, url, sdl}]) once and prints how many lines the supergraph has.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const subgraphs = JSON.parse(readFileSync(process.argv[2], "utf8"));
const result = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
if (result.errors?.length) throw new Error(result.errors.map((error) => error.message).join("\n"));
console.log(result.supergraphSdl.split("\n").length);
