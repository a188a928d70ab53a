// usage: NODE_PATH=<node_modules> node chromium.js
//
// Chromium without a screen, a page for each user. The first line of the input is {"executable": ..., "folder": ...,
// "server": "wss://name:port", "address": ..., "pin": ..., "microphone": <WAV>, "domain": ..., "users": {name: password}}; then
// come commands ({"user": ..., "do": "call", "to": ...}), and what happens goes out ({"user": ..., "event": "failed", ...}).
// `pin` is the hash of the one key whose certificate need not be vouched for. page.js is what runs in the pages.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { chromium } = require('playwright-core');
const { script_of } = require('./modules.js');

const ORIGIN = 'https://phone.example.org/';
const tell = (user, event, more = {}) => process.stdout.write(`${JSON.stringify({ user, event, ...more })}\n`);
const pages = new Map();
let context;

async function start(options) {
  const { hostname, port } = new URL(options.server);
  context = await chromium.launchPersistentContext(options.folder, {
    executablePath: options.executable,
    headless: true,
    chromiumSandbox: false,
    permissions: ['microphone', 'camera'],
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${options.microphone}`,
      `--host-resolver-rules=MAP ${hostname} ${options.address}`,
      `--ip-address-space-overrides=${options.address}:${port}=public`,  // 10/8 is a private network to it
      `--ignore-certificate-errors-spki-list=${options.pin}`],
  });
  // Only a page with a secure origin may use a microphone; nothing is fetched.
  await context.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>phone</title>' }));
  const scripts = [script_of('jssip', __filename, 'JsSIP'), fs.readFileSync(path.join(__dirname, 'page.js'), 'utf8')];
  for (const [user, password] of Object.entries(options.users)) {
    const page = await context.newPage();
    page.on('console', (message) => process.stderr.write(`${user}: ${message.text()}\n`));
    page.on('pageerror', (error) => tell(user, 'error', { text: String(error && error.stack) }));
    await page.exposeFunction('tell', (event, more) => tell(user, event, more));
    await page.goto(ORIGIN);
    for (const content of scripts) await page.addScriptTag({ content });
    pages.set(user, page);
    await page.evaluate((how) => globalThis.phone.start(how),
      { server: options.server, uri: `sip:${user}@${options.domain}`, password });
  }
}

async function obey(line) {
  const command = JSON.parse(line);
  if (!context) return start(command);
  const { user, do: verb, ...named } = command;
  const answer = await pages.get(user).evaluate(([what, how]) => globalThis.phone[what](how), [verb, named]);
  if (answer !== undefined) tell(user, verb, { answer });
  return undefined;
}

let last = Promise.resolve();
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  last = last.then(() => obey(line)).catch((error) => {
    for (const user of pages.size ? pages.keys() : ['']) tell(user, 'error', { text: String(error && error.stack) });
  });
}).on('close', () => {
  last.then(() => context && context.close()).finally(() => process.exit(0));
});
