// Checks the types of modules that are served as they are: plain JavaScript with types in comments.
// node check.js FOLDER: the modules import ../lib/NAME.js, which the console serves from its libraries.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const folder = process.argv[2];
const work = fs.mkdtempSync(path.join(path.dirname(process.env.NODE_PATH), 'modules-'));
const app = path.join(work, 'app');
const libraries = {
  'lit-html': "export * from 'lit-html';",
  'directives/repeat': "export * from 'lit-html/directives/repeat.js';",
  'directives/live': "export * from 'lit-html/directives/live.js';",
  'uplot': "import uPlot from 'uplot';\nexport default uPlot;",
};
fs.mkdirSync(path.join(work, 'lib', 'directives'), {recursive: true});
fs.mkdirSync(app);
for (const [name, text] of Object.entries(libraries)) fs.writeFileSync(path.join(work, 'lib', name + '.ts'), text);
const files = fs.readdirSync(folder).filter(name => name.endsWith('.js'));
for (const name of files) fs.copyFileSync(path.join(folder, name), path.join(app, name));

const program = ts.createProgram(files.map(name => path.join(app, name)), {
  allowJs: true,
  checkJs: true,
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  noImplicitAny: false,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
});
const found = ts.getPreEmitDiagnostics(program);
console.log(ts.formatDiagnostics(found, {
  getCanonicalFileName: name => name,
  getCurrentDirectory: () => app,
  getNewLine: () => '\n',
}));
fs.rmSync(work, {recursive: true});
console.log(found.length === 0 ? 'CHECKED ' + files.length : 'FOUND ' + found.length);
