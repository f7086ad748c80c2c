/**
 * How two agents greet each other before anything else is said: who they are, whether they
 * understand each other, and that both hold the cluster's key.
 *
 *   dialling side                      accepting side
 *   greeting (facts, nonce)    ->
 *                              <-      challenge (facts, nonce, proof)
 *   proof                      ->
 *                              <-      welcome, or a refusal that says why
 *
 * HE1: neither side hears a call of the other before the other has proved itself, over both nonces
 *      and all that both said of themselves: nothing said can be altered, used again or reflected.
 * HE2: whatever cannot be is refused in words that say what to do about it.
 *
 * Without a key the proofs are of the empty key: that keeps out nobody, and catches the agent that
 * was started without the key of the others.
 */
import type { Fault } from '../../base/failure.ts';
import { LINK_TEXT_MAX } from '../limits.ts';

/** What this build speaks, and the oldest that it still understands. */
export const LINK_PROTOCOL = 1;
export const LINK_PROTOCOL_MIN = 1;

export type AgentRole = 'server' | 'client';

/** What an agent says of itself. */
export interface AgentFacts {
  /** Protocols that it understands. */
  readonly protocol: number;
  readonly protocolMin: number;
  /** Of the build. */
  readonly version: string;
  readonly role: AgentRole;
  readonly region: string;
  readonly datacenter: string;
  readonly name: string;
  /** Drawn when the process starts: tells an agent from itself. */
  readonly instance: string;
  /** `host:port` where it is dialled; empty: it is not. */
  readonly address: string;
}

export type Greeting =
  | Readonly<{ say: 'greeting'; facts: AgentFacts; nonce: string }>
  | Readonly<{ say: 'challenge'; facts: AgentFacts; nonce: string; proof: string }>
  | Readonly<{ say: 'proof'; proof: string }>
  | Readonly<{ say: 'welcome' }>
  | Readonly<{ say: 'refusal'; fault: Fault; message: string }>;

/** The key, as far as greetings need it. */
export interface Prover {
  /** A proof of a text, which only holders of the key can make. */
  prove(text: string): string;
  verify(text: string, proof: string): boolean;
}

export interface HelloOptions {
  readonly facts: AgentFacts;
  /** Drawn by chance for this connection alone. */
  readonly nonce: string;
  readonly prover: Prover;
}

/** What comes of a message: the next words, and whether all is said. */
export interface HelloTurn {
  readonly say?: Greeting;
  /** Set once the session is open. */
  readonly peer?: AgentFacts;
  /** Set where it comes to nothing. */
  readonly refused?: Refused;
}

/** Why there is no session. */
export interface Refused {
  readonly fault: Fault;
  readonly message: string;
}

/** The dialling side of one connection. */
export class Dialling {
  readonly #options: HelloOptions;
  #peer: AgentFacts | undefined;

  constructor(options: HelloOptions) {
    this.#options = options;
  }

  begin(): Greeting {
    const { facts, nonce } = this.#options;
    return { say: 'greeting', facts, nonce };
  }

  take(body: unknown): HelloTurn {
    const said = readGreeting(body);
    if (said?.say === 'refusal') return { refused: said };
    if (said?.say === 'welcome' && this.#peer !== undefined) return { peer: this.#peer };
    if (said?.say !== 'challenge' || this.#peer !== undefined) return NOT_UNDERSTOOD;
    const { facts, nonce, prover } = this.#options;
    const problem = disagreement(facts, said.facts);
    if (problem !== undefined) return { refused: problem };
    const spoken = transcript({ facts, nonce }, said);
    if (!prover.verify(`accepting ${spoken}`, said.proof)) return { refused: WRONG_KEY };
    this.#peer = said.facts;
    return { say: { say: 'proof', proof: prover.prove(`dialling ${spoken}`) } };
  }
}

/** The accepting side of one connection. */
export class Accepting {
  readonly #options: HelloOptions;
  #greeting: Introduction | undefined;

  constructor(options: HelloOptions) {
    this.#options = options;
  }

  take(body: unknown): HelloTurn {
    const said = readGreeting(body);
    if (this.#greeting === undefined) {
      return said?.say === 'greeting' ? this.#challenge(said) : refusal(NOT_UNDERSTOOD.refused);
    }
    if (said?.say !== 'proof') return refusal(NOT_UNDERSTOOD.refused);
    const spoken = transcript(this.#greeting, this.#options);
    if (!this.#options.prover.verify(`dialling ${spoken}`, said.proof)) return refusal(WRONG_KEY);
    return { say: { say: 'welcome' }, peer: this.#greeting.facts };
  }

  #challenge(greeting: Introduction): HelloTurn {
    const { facts, nonce, prover } = this.#options;
    const problem = disagreement(facts, greeting.facts);
    if (problem !== undefined) return refusal(problem);
    this.#greeting = greeting;
    const proof = prover.prove(`accepting ${transcript(greeting, this.#options)}`);
    return { say: { say: 'challenge', facts, nonce, proof } };
  }
}

interface Introduction {
  readonly facts: AgentFacts;
  readonly nonce: string;
}

/** All that was said, in one order for both (HE1). */
function transcript(dialling: Introduction, accepting: Introduction): string {
  return JSON.stringify(
    [dialling, accepting].map(({ facts, nonce }) => [nonce, ...FACTS.map((name) => facts[name])]),
  );
}

/** Why these two cannot work together (HE2). */
function disagreement(own: AgentFacts, peer: AgentFacts): Refused | undefined {
  if (own.protocol < peer.protocolMin || peer.protocol < own.protocolMin) {
    const [older, newer] = own.protocol < peer.protocol ? [own, peer] : [peer, own];
    return {
      fault: 'unsupported',
      message:
        `"${older.name}" (build ${older.version}) speaks protocol ${older.protocol} of the agent ` +
        `link, "${newer.name}" (build ${newer.version}) speaks ${newer.protocolMin} and newer: ` +
        `upgrade "${older.name}"`,
    };
  }
  if (own.instance === peer.instance) {
    return { fault: 'conflict', message: `"${own.name}" dialled itself` };
  }
  const isClient = own.role === 'client' || peer.role === 'client';
  if (isClient && own.region !== peer.region) {
    return {
      fault: 'denied',
      message:
        `"${own.name}" is of region "${own.region}", "${peer.name}" of "${peer.region}": ` +
        'clients talk to the servers of their own region',
    };
  }
  if (own.role === 'client' && peer.role === 'client') {
    return { fault: 'invalid', message: `"${peer.name}" is no server` };
  }
  return undefined;
}

const WRONG_KEY: Refused = {
  fault: 'unauthenticated',
  message: 'the other agent does not hold this cluster\'s key: compare `server { encrypt = ".." }`',
};

const NOT_UNDERSTOOD = {
  refused: { fault: 'invalid', message: 'the greeting of the other agent makes no sense' },
} as const;

function refusal(refused: Refused): HelloTurn {
  return { say: { say: 'refusal', ...refused }, refused };
}

const FACTS = [
  'protocol',
  'protocolMin',
  'version',
  'role',
  'region',
  'datacenter',
  'name',
  'instance',
  'address',
] as const satisfies readonly (keyof AgentFacts)[];

/** Undefined for what is no greeting. */
export function readGreeting(body: unknown): Greeting | undefined {
  const { say, facts, nonce, proof, fault, message } = recordOf(body);
  switch (say) {
    case 'welcome':
      return { say };
    case 'proof':
      return isText(proof) ? { say, proof } : undefined;
    case 'refusal':
      return isText(message) ? { say, fault: faultOf(fault), message } : undefined;
    case 'greeting':
    case 'challenge': {
      const read = readFacts(facts);
      if (read === undefined || !isText(nonce) || nonce.length < NONCE_MIN) return undefined;
      if (say === 'greeting') return { say, facts: read, nonce };
      return isText(proof) ? { say, facts: read, nonce, proof } : undefined;
    }
    default:
      return undefined;
  }
}

/** Characters of a nonce: fewer could be guessed or repeat. */
const NONCE_MIN = 16;

function readFacts(value: unknown): AgentFacts | undefined {
  const { protocol, protocolMin, version, role, region, datacenter, name, instance, address } =
    recordOf(value);
  if (!isNumber(protocol) || !isNumber(protocolMin)) return undefined;
  if (role !== 'server' && role !== 'client') return undefined;
  if (!isText(version) || !isText(region) || !isText(datacenter)) return undefined;
  if (!isText(name) || !isText(instance) || !isText(address)) return undefined;
  return { protocol, protocolMin, version, role, region, datacenter, name, instance, address };
}

/** Refusals of later builds may have other names for it. */
function faultOf(value: unknown): Fault {
  return REFUSALS.find((known) => known === value) ?? 'denied';
}

const REFUSALS: readonly Fault[] = [
  'unauthenticated',
  'unsupported',
  'conflict',
  'denied',
  'invalid',
  'exhausted',
];

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LINK_TEXT_MAX;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
