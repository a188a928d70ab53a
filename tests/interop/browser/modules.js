// CommonJS modules for a page: a package of npm and all that it needs, as one script that sets a global.
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

// What a package wants a browser to load is told by "browser" in its package.json; `events` is a package, not Node's own.
function file_of(name, from) {
  const require_there = createRequire(from);
  if (name.startsWith('.')) return require_there.resolve(name);
  const manifest = require_there.resolve(`${name}/package.json`);
  const { browser, main } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  return createRequire(manifest).resolve(`./${typeof browser === 'string' ? browser : main || 'index.js'}`);
}

// `from`: a file; NODE_PATH counts. The global is the package's module.exports.
function script_of(name, from, global) {
  const texts = [];
  const numbers = new Map();
  const take = (file) => {
    if (numbers.has(file)) return numbers.get(file);
    const number = numbers.size;
    numbers.set(file, number);
    const text = fs.readFileSync(file, 'utf8');
    if (path.extname(file) === '.json') {
      texts[number] = `(module) => { module.exports = ${text}; }`;
      return number;
    }
    const needs = {};
    for (const [, wanted] of text.matchAll(/\brequire\(['"]([^'"]+)['"]\)/g)) needs[wanted] = take(file_of(wanted, file));
    texts[number] = `(module, exports, require) => {${text}\n}, ${JSON.stringify(needs)}`;
    return number;
  };
  take(createRequire(from).resolve(name));
  return `globalThis.${global} = ((all) => {
    const made = new Map();
    const load = (number) => {
      if (made.has(number)) return made.get(number).exports;
      const module = { exports: {} };
      made.set(number, module);
      const [run, needs] = all[number];
      run(module, module.exports, (name) => load(needs[name]));
      return module.exports;
    };
    return load(0);
  })([${texts.map((text) => `[${text}]`).join(',\n')}]);`;
}

module.exports = { script_of };
