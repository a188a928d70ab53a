// usage: NODE_PATH=<node_modules> node phone.js '{"server": ..., "address": ..., "own": ..., "authority": ..., "user": ...,
//          "password": ..., "domain": ..., "media": "plain" or "web", "ssrc": ...}'
//
// A browser's phone: JsSIP under Node. Commands come as lines of JSON ({"do": "call", "to": ...}), what happens goes out
// as lines of JSON ({"event": "failed", ...}).
'use strict';
const fs = require('fs');
const readline = require('readline');
const WebSocket = require('ws');
const rtc = require('./rtc.js');

const options = JSON.parse(process.argv[2]);
rtc.set({ kind: options.media, address: options.own, ssrc: options.ssrc });

// What a browser has around JsSIP.
globalThis.window = globalThis;
globalThis.RTCPeerConnection = rtc.PeerConnection;
globalThis.RTCSessionDescription = rtc.SessionDescription;
globalThis.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, {
      ca: fs.readFileSync(options.authority),
      localAddress: options.own,
      origin: 'https://phone.example.org',
      // There is no DNS here; the certificate is checked against the name all the same.
      lookup: (name, how, done) => (how.all ? done(null, [{ address: options.address, family: 4 }])
        : done(null, options.address, 4)),
    });
  }
};
const JsSIP = require('jssip');

const tell = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

const ua = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(options.server)],
  uri: `sip:${options.user}@${options.domain}`,
  password: options.password,
  register_expires: 120,
  user_agent: 'browser',
});

let session;
const subscriptions = new Map();
const failure = (e) => ({
  by: e.originator, cause: e.cause, status: e.message && e.message.status_code ? e.message.status_code : 0,
});

ua.on('connected', () => tell('connected'));
ua.on('disconnected', (e) => tell('disconnected', { code: e.code }));
ua.on('registered', (e) => tell('registered', { contact: e.response.getHeader('Contact') }));
ua.on('unregistered', () => tell('unregistered'));
ua.on('registrationFailed', (e) => tell('registrationFailed', { cause: e.cause, status: e.response ? e.response.status_code : 0 }));
ua.on('newMessage', (e) => {
  if (e.originator === 'remote') tell('message', { text: e.request.body, from: e.message.remote_identity.uri.toString() });
});
ua.on('newRTCSession', (e) => {
  session = e.session;
  tell('session', { by: e.originator, from: session.remote_identity.uri.toString() });
  for (const name of ['progress', 'accepted', 'confirmed']) session.on(name, (x) => tell(name, { by: x.originator }));
  for (const name of ['ended', 'failed']) session.on(name, (x) => tell(name, failure(x)));
  for (const name of ['hold', 'unhold', 'reinvite', 'update']) session.on(name, (x) => tell(name, { by: x.originator || '' }));
  session.on('newDTMF', (x) => tell('dtmf', { by: x.originator, tone: x.dtmf.tone }));
  session.on('newInfo', (x) => tell('info', { by: x.originator, body: x.info.body || '' }));
});

function subscribe({ to, package: name, accept }) {
  const subscriber = ua.subscribe(to, name, accept, { expires: 120 });
  subscriptions.set(name, subscriber);
  for (const state of ['pending', 'active', 'terminated']) subscriber.on(state, (x) => tell('subscription', { state, why: String(x) }));
  subscriber.on('notify', (isFinal, notify, body) => tell('notify', { final: isFinal, body: body || '' }));
  subscriber.subscribe();
}

const commands = {
  call: ({ to }) => ua.call(to, { mediaStream: rtc.stream(), mediaConstraints: { audio: true, video: false } }),
  answer: () => session.answer({ mediaStream: rtc.stream() }),
  reject: ({ status }) => session.terminate({ status_code: status }),
  hang_up: () => session.terminate(),
  hold: () => tell('holding', { started: session.hold({}, () => tell('held')) }),
  unhold: () => session.unhold({}, () => tell('resumed')),
  renegotiate: ({ update }) => session.renegotiate({ useUpdate: update }, () => tell('renegotiated')),
  press: ({ tone }) => session.sendDTMF(tone, { transportType: 'INFO' }),
  message: ({ to, text }) => ua.sendMessage(to, text, {
    eventHandlers: { succeeded: () => tell('sent'), failed: (e) => tell('unsent', { cause: e.cause, status: e.response ? e.response.status_code : 0 }) },
  }),
  subscribe,
  unsubscribe: ({ package: name }) => subscriptions.get(name).terminate(),
  heard: () => tell('heard', { packets: rtc.heard() }),
  stop: () => ua.stop(),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  try {
    commands[command.do](command);
  } catch (error) {
    tell('error', { text: String(error && error.stack) });
  }
}).on('close', () => process.exit(0));
process.on('uncaughtException', (error) => {
  tell('error', { text: String(error && error.stack) });
  process.exit(1);
});
ua.start();
