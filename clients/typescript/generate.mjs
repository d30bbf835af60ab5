// Prints the types of all events: node generate.mjs ASYNCAPI_DOCUMENT > src/events.ts
import { readFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const { components } = JSON.parse(readFileSync(process.argv[2], "utf8"));

// Titles would make a type of each field; what stands beside a reference, a copy of the type.
function plain(node, isNameMap = false) {
  if (Array.isArray(node)) return node.map((each) => plain(each));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") return { $ref: node.$ref.replace("#/components/schemas/", "#/$defs/") };
  const kept = Object.entries(node).filter(([name]) => isNameMap || name !== "title");
  return Object.fromEntries(
    kept.map(([name, value]) => [name, plain(value, !isNameMap && name === "properties")]),
  );
}

const payloads = Object.values(components.messages).filter(({ payload }) => payload.$ref);
const properties = Object.fromEntries(payloads.map(({ name, payload }) => [name, plain(payload)]));
const root = {
  type: "object",
  description: "Every event by its name, which is also its topic.",
  properties,
  required: Object.keys(properties),
  $defs: plain(components.schemas, true),
};
const bannerComment = "// Generated from docs/asyncapi.json by `npm run generate`.";
const types = await compile(root, "Events", { bannerComment, additionalProperties: false, style: { printWidth: 110 } });
process.stdout.write(types);
