// SIP.js as a browser would use it, but for its media: registers, sends and receives MESSAGE, calls and is called.
//
//     node client.mjs ws://127.0.0.1:PORT
//
// Prints one line for each step; exit status 1 and the reason if a step fails or takes too long.
import { WebSocket } from "ws";

globalThis.WebSocket = WebSocket; // Node 18 has none of its own
const { Inviter, Messager, Registerer, RegistererState, SessionState, UserAgent } = await import("sip.js");

const url = process.argv[2];
const patience = 10000;
const sdp = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

/** Media without media: what signalling needs of it. */
class Descriptions {
  close() {}
  hasDescription(contentType) {
    return contentType === "application/sdp";
  }
  async getDescription() {
    return { body: sdp, contentType: "application/sdp" };
  }
  async setDescription(body) {
    if (!body.startsWith("v=0")) throw new Error("no description: " + body);
  }
  sendDtmf() {
    return false;
  }
}

function within(what, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what + " takes too long")), patience);
    promise.then((value) => { clearTimeout(timer); resolve(value); }, reject);
  });
}

function reaches(emitter, state) {
  return new Promise((resolve) => emitter.addListener((now) => { if (now === state) resolve(); }));
}

async function step(name, work) {
  await within(name, work());
  console.log("ok  " + name);
}

const incoming = {};
const agent = new UserAgent({
  uri: UserAgent.makeURI("sip:browser@example.test"),
  transportOptions: { server: url, traceSip: process.env.TRACE !== undefined },
  sessionDescriptionHandlerFactory: () => new Descriptions(),
  logLevel: process.env.TRACE !== undefined ? "debug" : "error",
  delegate: {
    onInvite: (invitation) => incoming.invitation(invitation),
    onMessage: (message) => incoming.message(message),
  },
});
const target = UserAgent.makeURI("sip:server@127.0.0.1;transport=ws");

async function say(text) {
  await new Promise((resolve, reject) => {
    new Messager(agent, target, text).message({
      requestDelegate: {
        onAccept: resolve,
        onReject: (response) => reject(new Error("MESSAGE: " + response.message.statusCode)),
      },
    });
  });
}

try {
  const registerer = new Registerer(agent);
  await step("connect", () => agent.start());
  await step("register", async () => {
    const registered = reaches(registerer.stateChange, RegistererState.Registered);
    await registerer.register();
    await registered;
  });
  await step("send a MESSAGE", () => say("hello, gr\u00fc\u00df dich"));
  await step("receive a MESSAGE", async () => {
    const came = new Promise((resolve) => { incoming.message = resolve; });
    await say("message me");
    const message = await came;
    if (message.request.body !== "here is one") throw new Error("unexpected text: " + message.request.body);
    await message.accept();
  });
  await step("call, talk and hang up", async () => {
    const inviter = new Inviter(agent, target);
    const up = reaches(inviter.stateChange, SessionState.Established);
    const over = reaches(inviter.stateChange, SessionState.Terminated);
    await inviter.invite();
    await up;
    await inviter.bye();
    await over;
  });
  await step("be called, answer, and hear the other side hang up", async () => {
    const came = new Promise((resolve) => { incoming.invitation = resolve; });
    await say("call me");
    const invitation = await came;
    const over = reaches(invitation.stateChange, SessionState.Terminated);
    await invitation.accept();
    await over;
  });
  await step("remove the registration", async () => {
    const gone = reaches(registerer.stateChange, RegistererState.Unregistered);
    await registerer.unregister();
    await gone;
  });
  await step("disconnect", () => agent.stop());
  process.exit(0);
} catch (error) {
  console.error("failed: " + error.message);
  process.exit(1);
}
