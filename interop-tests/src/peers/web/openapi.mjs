// Validates OpenAPI documents by the schema of the OpenAPI Initiative. Usage: node openapi.mjs FILE...
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

// An ES module does not look at NODE_PATH.
const { Validator } = await import(
  createRequire(import.meta.url).resolve('@seriousme/openapi-schema-validator', { paths: [process.env.NODE_PATH] }));
let failed = false;
for (const file of process.argv.slice(2)) {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(readFileSync(file, 'utf8')));
  console.log(`${file}: ${result.valid ? `valid, version ${validator.version}` : JSON.stringify(result.errors)}`);
  failed ||= !result.valid;
}
process.exit(failed ? 1 : 0);
