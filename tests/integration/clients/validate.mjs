// Prints the severity (0 error, 1 warning, 2 information) and the text of each fault of an AsyncAPI document.
// node validate.mjs DOCUMENT, in a folder with @asyncapi/parser
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Parser } = createRequire(`${process.env.NODE_PATH}/`)("@asyncapi/parser");
const { diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
for (const { severity, message, path } of diagnostics) {
  console.log(severity, path.join("."), message);
}
