// What runs in a page of Chromium: a phone of JsSIP, with the browser's own media. chromium.js plays it; `tell` goes back.
'use strict';
(() => {
  let ua;
  let session;
  let heard = {};  // hertz: pieces of 100 ms in which it was the loudest

  const failure = (e) => ({ by: e.originator, cause: e.cause, status: e.message && e.message.status_code ? e.message.status_code : 0 });

  // What is played, taken apart: the loudest frequency of each tenth of a second.
  function listen(track) {
    const stream = new MediaStream([track]);
    const element = document.createElement(track.kind === 'video' ? 'video' : 'audio');  // without one, nothing is decoded
    element.srcObject = stream;
    element.muted = true;
    element.autoplay = true;
    document.body.append(element);
    if (track.kind === 'video') return;
    const audio = new AudioContext();
    const analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
    audio.createMediaStreamSource(stream).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    setInterval(() => {
      analyser.getFloatFrequencyData(levels);
      const loudest = levels.reduce((best, level, at) => (level > levels[best] ? at : best), 0);
      if (levels[loudest] < -50) return;
      const hertz = Math.round((loudest * audio.sampleRate) / analyser.fftSize / 20) * 20;
      heard[hertz] = (heard[hertz] || 0) + 1;
    }, 100);
  }

  function watch(connection) {
    connection.addEventListener('track', (e) => listen(e.track));
    connection.addEventListener('connectionstatechange', () => globalThis.tell('connection', { state: connection.connectionState }));
  }

  function follow(e) {
    session = e.session;
    globalThis.tell('session', { by: e.originator, from: session.remote_identity.uri.toString() });
    for (const name of ['progress', 'accepted', 'confirmed']) session.on(name, (x) => globalThis.tell(name, { by: x.originator }));
    for (const name of ['ended', 'failed']) session.on(name, (x) => globalThis.tell(name, failure(x)));
    for (const name of ['hold', 'unhold']) session.on(name, (x) => globalThis.tell(name, { by: x.originator || '' }));
    session.on('newDTMF', (x) => globalThis.tell('dtmf', { by: x.originator, tone: x.dtmf.tone }));
    session.on('sdp', (x) => globalThis.tell('sdp', { by: x.originator, type: x.type, sdp: x.sdp }));
    if (session.connection) watch(session.connection);
    session.on('peerconnection', (x) => watch(x.peerconnection));
  }

  // The fake microphone has a pure tone, which is just what would be taken for an echo or a noise.
  const constraints = (video) => ({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: video ? { width: 320, height: 240, frameRate: 15 } : false,
  });

  async function stats() {
    const out = { state: session.connection.connectionState, transports: 0, inbound: {}, outbound: {}, reported: {} };
    const report = await session.connection.getStats();
    const named = (id) => (id ? report.get(id) : undefined) || {};
    report.forEach((one) => {
      if (one.type === 'transport') {
        const pair = named(one.selectedCandidatePairId);
        out.transports += 1;
        out.dtls = one.dtlsState;
        out.cipher = one.srtpCipher;
        out.role = one.dtlsRole;
        out.remote_address = named(pair.remoteCandidateId).address;
        out.remote_port = named(pair.remoteCandidateId).port;
        out.user_fragment = one.iceLocalUsernameFragment;
        return;
      }
      // What the other end says of what we send it is remote-inbound-rtp.
      const to = { 'inbound-rtp': out.inbound, 'outbound-rtp': out.outbound, 'remote-inbound-rtp': out.reported }[one.type];
      // Several streams of a kind when a source changed: the one that moves counts.
      if (!to || (to[one.kind] && to[one.kind].packetsReceived > one.packetsReceived)) return;
      to[one.kind] = { ...one, codec: named(one.codecId).mimeType };
    });
    return out;
  }

  globalThis.phone = {
    start({ server, uri, password }) {
      ua = new globalThis.JsSIP.UA({
        sockets: [new globalThis.JsSIP.WebSocketInterface(server)], uri, password, register_expires: 120, user_agent: 'browser',
      });
      ua.on('connected', () => globalThis.tell('connected'));
      ua.on('registered', (e) => globalThis.tell('registered', { contact: e.response.getHeader('Contact') }));
      ua.on('unregistered', () => globalThis.tell('unregistered'));
      ua.on('registrationFailed', (e) => globalThis.tell('registrationFailed', { cause: e.cause }));
      ua.on('newRTCSession', follow);
      ua.start();
    },
    call({ to, video, policy }) {
      ua.call(to, { mediaConstraints: constraints(video), pcConfig: { bundlePolicy: policy || 'balanced' } });
    },
    answer({ video }) { session.answer({ mediaConstraints: constraints(video) }); },
    hang_up() { session.terminate(); },
    hold() { session.hold({}, () => globalThis.tell('held')); },
    unhold() { session.unhold({}, () => globalThis.tell('resumed')); },
    restart_ice() { session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, () => globalThis.tell('restarted')); },
    press({ tones }) { session.sendDTMF(tones, { transportType: 'RFC2833', duration: 160, interToneGap: 200 }); },
    stats,
    heard: () => heard,
    forget() { heard = {}; },
    described: () => ({ local: session.connection.localDescription.sdp, remote: session.connection.remoteDescription.sdp }),
    stop() { ua.stop(); },
  };
})();
