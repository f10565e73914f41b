import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asyncSha256,
  keyOfSeed,
  signerOf,
  verifyEd25519,
} from '../../server/adapters/evidence-log/node-keys.ts';
import { openHttpLog } from '../../server/adapters/witness/http-log.ts';
import { witnessFolder } from '../../server/adapters/witness/state-folder.ts';
import {
  type Round,
  type WitnessDeps,
  witnessRound,
} from '../../server/application/witness/witness-round.ts';
import {
  isKeyName,
  type NoteKey,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseSignerKey,
  signerKeyText,
  verifierKeyText,
} from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { readKey, textOf } from './key-files.ts';
import { optionalNumber } from './number-flag.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { inOneLine, json, type Output } from './print.ts';

export type WitnessFlags = {
  readonly log?: string;
  readonly key?: readonly string[];
  readonly origin?: string;
  readonly state?: string;
  readonly keyFile?: string;
  readonly every?: string;
  readonly once?: boolean;
  readonly handBack?: boolean;
  readonly json?: boolean;
};

const DAY_SECONDS = 86_400;

const wrong = (sentence: string, where: string) => new RepriseError('input-invalid', sentence, { where });

/** Makes the private key of a witness, in the form of Go's `sumdb/note`. A file that is there is never replaced. */
export async function makeWitnessKey(
  output: Output,
  {
    out,
    name = hostname(),
    json: asJson,
  }: { readonly out: string; readonly name?: string; readonly json?: boolean },
): Promise<ExitCode> {
  if (!isKeyName(name))
    throw wrong('The name of a witness has neither white space nor a plus in it.', '--name');
  const seed = randomBytes(32);
  const key = await cosignerKey(name, seed);
  const file = await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw wrong(`${out} could not be written (${error.code ?? error.message}).`, '--out');
  });
  try {
    await file.writeFile(`${signerKeyText(key, seed)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  const verifierKey = verifierKeyText(key);
  output.out(asJson ? json({ verifierKey, file: out }) : verifierKey);
  return exitCodes.good;
}

const cosignerKey = (name: string, seed: Uint8Array): Promise<NoteKey> =>
  noteKey({ kind: 'cosignature', name, publicKey: signerOf(keyOfSeed(seed)).publicKey }, asyncSha256);

/**
 * Watches a log: once, or again and again until the process is told to end. 0 where what it showed is believed and
 * was handed back, 2 where it shows what no honest log would, 1 where it could not be looked at or takes nothing back;
 * of the last look, where there were several.
 */
export async function witnessLog(
  output: Output,
  flags: WitnessFlags,
  stop: AbortSignal = untilEnded(),
): Promise<ExitCode> {
  const { log, state } = flags;
  if (log === undefined || state === undefined || flags.key === undefined)
    throw wrong('A witness needs --log, --key and --state.', 'reprise witness --help');
  if (flags.once === true && flags.every !== undefined)
    throw wrong('--once and --every do not go together.', '--every');
  const seconds = optionalNumber(flags.every, '--every');
  if (seconds !== undefined && seconds > DAY_SECONDS)
    throw wrong('A witness looks at least once a day.', '--every');
  const url = URL.parse(log);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw wrong(`${log} is no address of a log, such as https://reprise.example/api/log.`, '--log');
  const memory = witnessFolder(state);
  const cosigner = flags.keyFile === undefined ? null : await readSigner(output, flags.keyFile);
  const handsBack = cosigner !== null && flags.handBack !== false;
  const logKeys = await readLogKeys(output, flags, log);
  let last: Round | null = null;
  for (;;) {
    const deps: WitnessDeps = {
      source: openHttpLog(log),
      memory,
      logKeys,
      cosigner,
      handsBack,
      sha256: asyncSha256,
      verifyEd25519,
    };
    last = await witnessRound(deps, Math.floor(Date.now() / 1_000));
    say(output, last, flags);
    if (seconds !== undefined)
      await sleep(seconds * 1_000, undefined, { signal: stop }).catch(() => undefined);
    if (seconds === undefined || stop.aborted) return exitCodeOf(last);
  }
}

function untilEnded(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function say({ out, bytes, err }: Output, round: Round, { json: asJson, every }: WitnessFlags): void {
  if (round.outcome === 'refused' && round.kept === null && isOfTwo(round.code)) err(notKept(round.code));
  if (asJson === true) {
    out(json({ at: new Date().toISOString(), ...round }, 0));
    return;
  }
  if (round.outcome === 'refused') {
    err(`${round.code}: ${inOneLine(round.sentence)}`);
    if (round.kept !== null) err(`Both checkpoints are kept in ${round.kept}: show them to others.`);
    return;
  }
  if (round.isFirst)
    err(
      `This witness sees ${round.origin} for the first time, and believes its ${round.size} entries as they are.`,
    );
  else if (round.hasGrown)
    err(`${round.origin} has grown to ${round.size} entries, and goes on from before.`);
  else if (every === undefined) err(`${round.origin} has ${round.size} entries, as before.`);
  if (round.handed?.taken === false)
    err(`The cosignature was not handed back: ${inOneLine(round.handed.sentence)}`);
  // Said once where it looks again and again.
  if (every === undefined || round.hasGrown) bytes(round.note);
}

const notKept = (code: string) =>
  `Neither checkpoint is kept: of those that were ${code} the state folder has as many as it takes. Keep what it holds in another place, take it out of “refused”, and look again.`;

const isOfTwo = (code: string) => ['rolled-back', 'forked', 'inconsistent'].includes(code);

function exitCodeOf(round: Round): ExitCode {
  if (round.outcome === 'refused')
    return round.code === 'unreachable' ? exitCodes.notDone : exitCodes.notGood;
  return round.handed?.taken === false ? exitCodes.notDone : exitCodes.good;
}

async function readSigner({ err }: Output, file: string): Promise<NonNullable<WitnessDeps['cosigner']>> {
  const read = parseSignerKey((await textOf(file)).trim());
  if (!read.ok) throw wrong(read.sentence, file);
  const { kind, name, keyId, seed } = read.value;
  const key = await cosignerKey(name, seed);
  if (kind !== 'cosignature' || key.keyId !== keyId)
    throw wrong('This key is damaged, or signs notes and cosigns none; reprise witness key makes one.', file);
  if (((await stat(file)).mode & 0o077) !== 0)
    err(`${file} can be read by others than you: whoever reads it can sign as this witness (chmod 600).`);
  return { key, sign: signerOf(keyOfSeed(seed)).sign };
}

/** A key in PEM does not say what the log is called: then the log itself does, which is told. */
async function readLogKeys(output: Output, flags: WitnessFlags, log: string): Promise<readonly NoteKey[]> {
  const keys = await Promise.all((flags.key ?? []).map(readKey));
  const named = flags.origin ?? keys.find(({ origin }) => origin !== null)?.origin ?? null;
  const origin = named ?? (await originShown(output, flags, log));
  if (!isKeyName(origin)) throw wrong(`${origin} is no name of a log.`, '--origin');
  return Promise.all(
    keys.map(({ publicKey }) => noteKey({ kind: 'note', name: origin, publicKey }, asyncSha256)),
  );
}

async function originShown({ err }: Output, { state = '' }: WitnessFlags, log: string): Promise<string> {
  const remembered = (await witnessFolder(state).newest())?.note;
  const note = parseNote(remembered ?? (await openHttpLog(log).checkpoint().catch(asRefusal)));
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!checkpoint.ok)
    throw wrong(
      `What the log is called could not be read: ${checkpoint.sentence} Say it with --origin.`,
      log,
    );
  const { origin } = checkpoint.value;
  if (remembered === undefined)
    err(`What the log is called is taken from itself: ${origin}. A verifier key says it, or --origin.`);
  return origin;
}

function asRefusal(error: Error): never {
  throw wrong(`What the log is called could not be read: ${error.message} Say it with --origin.`, '--origin');
}
