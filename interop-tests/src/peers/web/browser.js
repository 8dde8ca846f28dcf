// Opens page.js in Chromium, from an origin that the server lets in, and from one that it does not.
// Usage: node browser.js SERVER-URL DESCRIPTOR-SET PAGE-PORT
'use strict';
const esbuild = require('esbuild');
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');
const puppeteer = require('puppeteer-core');

const [server, descriptors, port] = process.argv.slice(2);

let preflights = 0;

/** Passes bytes on to the server, and counts what the browser asks before a call; no API of it shows that. */
async function counting() {
  const { hostname, port: target } = new URL(server);
  const between = net.createServer((caller) => {
    const callee = net.connect(Number(target), hostname);
    caller.on('data', (data) => {
      if (data.toString('latin1').startsWith('OPTIONS ')) preflights++;
    });
    caller.pipe(callee).pipe(caller);
    caller.on('error', () => callee.destroy());
    callee.on('error', () => caller.destroy());
    caller.on('close', () => callee.destroy());
  });
  await new Promise((resolve) => between.listen(0, '127.0.0.1', resolve));
  return between;
}

async function bundle(address) {
  const built = await esbuild.build({
    entryPoints: [path.join(__dirname, 'page.js')],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
    nodePaths: [process.env.NODE_PATH],
    define: {
      SERVER: JSON.stringify(address),
      DESCRIPTORS: JSON.stringify(fs.readFileSync(descriptors).toString('base64')),
    },
  });
  return built.outputFiles[0].text;
}

async function main() {
  const between = await counting();
  const script = await bundle(`http://127.0.0.1:${between.address().port}`);
  const site = http.createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : '<!doctype html><title>page</title><script src="/page.js"></script>');
  });
  await new Promise((resolve) => site.listen(Number(port), '127.0.0.1', resolve));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    // CI runs as root and in containers, where Chromium's own sandbox cannot be made.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  try {
    console.log(`BROWSER ${await browser.version()}`);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    for (const [name, result] of await page.evaluate(() => window.runAll())) {
      console.log(`RESULT ${name.replaceAll(' ', '_')} ${result.replaceAll('\n', ' | ')}`);
    }
    console.log(`RESULT preflight ${preflights > 0 ? 'pass' : 'the browser asked for none'}`);
    // The same page under another origin.
    await page.goto(`http://localhost:${port}/`);
    const [called, simple] = await page.evaluate(() => window.runRefused());
    console.log(`RESULT refused_origin ${called}`);
    console.log(`RESULT refused_simple_request ${simple.includes('Failed to fetch') ? 'pass' : simple}`);
  } finally {
    await browser.close();
    site.close();
    between.close();
  }
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
