// The part of RTCPeerConnection that JsSIP uses, without a browser around it. `plain` speaks RTP over UDP, so that calls
// are really set up and heard; `web` offers what a browser offers (DTLS-SRTP, ICE, BUNDLE) and has no media at all.
'use strict';
const dgram = require('dgram');

let settings = { kind: 'plain', address: '127.0.0.1' };
const open = new Set();

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(':');

function webSdp(address) {
  return ['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'a=msid-semantic: WMS',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8', 'c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0',
    `a=candidate:1 1 udp 2113937151 ${address} 50000 typ host`, 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    'a=ice-options:trickle', `a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=setup:actpass', 'a=mid:0', 'a=sendrecv',
    'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');
}

class PeerConnection extends EventTarget {
  constructor() {
    super();
    this.signalingState = 'stable';
    this.iceGatheringState = 'complete';
    this.iceConnectionState = 'new';
    this.localDescription = null;
    this.remoteDescription = null;
    this.heard = 0;
    this.sources = new Set();
    this._senders = [];
    this._version = 0;
    open.add(this);
  }

  addTrack(track) {
    this._senders.push({ track });
  }

  getSenders() {
    return this._senders;
  }

  async createOffer() {
    return { type: 'offer', sdp: await this._sdp() };
  }

  async createAnswer() {
    return { type: 'answer', sdp: await this._sdp() };
  }

  async setLocalDescription(description) {
    this.localDescription = description;
    this._signal(description, 'have-local-offer');
  }

  async setRemoteDescription(description) {
    const port = /^m=audio (\d+) RTP\/AVP /m.exec(description.sdp);
    const address = /^c=IN IP4 (\S+)/m.exec(description.sdp);
    if (settings.kind === 'plain' && (!port || !address)) throw new Error(`no plain audio in\n${description.sdp}`);
    this.remoteDescription = description;
    this._signal(description, 'have-remote-offer');
    if (settings.kind === 'plain') this._target = { port: Number(port[1]), address: address[1] };
  }

  close() {
    clearInterval(this._timer);
    if (this._socket) this._socket.close();
    this._socket = undefined;
    this.signalingState = 'closed';
    open.delete(this);
  }

  _signal(description, offered) {
    this.signalingState = description.type === 'offer' ? offered : 'stable';
  }

  async _sdp() {
    if (settings.kind === 'web') return webSdp(settings.address);
    if (!this._socket) await this._listen();
    this._version += 1;
    return ['v=0', `o=browser 1 ${this._version} IN IP4 ${settings.address}`, 's=-', `c=IN IP4 ${settings.address}`, 't=0 0',
      `m=audio ${this._socket.address().port} RTP/AVP 0 101`, 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000',
      'a=sendrecv', ''].join('\r\n');
  }

  _listen() {
    this._socket = dgram.createSocket('udp4');
    this._socket.on('error', () => {});  // the relay has closed its port
    this._socket.on('message', (packet) => {
      if (packet.length < 12 || packet[0] >> 6 !== 2 || (packet[1] & 0x7f) >= 64) return;
      this.heard += 1;
      this.sources.add(packet.readUInt32BE(8));
    });
    this._timer = setInterval(() => this._send(), 20);
    return new Promise((resolve) => { this._socket.bind(0, settings.address, resolve); });
  }

  _send() {
    if (!this._target || this._target.port === 0) return;
    this._sequence = (this._sequence || 0) + 1;
    const packet = Buffer.alloc(172, 0xff);
    packet.writeUInt16BE(0x8000, 0);
    packet.writeUInt16BE(this._sequence & 0xffff, 2);
    packet.writeUInt32BE(this._sequence * 160, 4);
    packet.writeUInt32BE(settings.ssrc, 8);
    this._socket.send(packet, this._target.port, this._target.address, () => {});
  }
}

class SessionDescription {
  constructor(init) {
    this.type = init.type;
    this.sdp = init.sdp;
  }
}

// A microphone.
function stream() {
  const track = { kind: 'audio', enabled: true, stop() {} };
  return { getTracks: () => [track], getAudioTracks: () => [track], getVideoTracks: () => [] };
}

module.exports = {
  PeerConnection,
  SessionDescription,
  stream,
  set: (wanted) => { settings = { ...settings, ...wanted }; },
  heard: () => [...open].map((connection) => connection.heard).reduce((a, b) => a + b, 0),
};
