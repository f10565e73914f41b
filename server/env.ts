/**
 * Every setting of Reprise, and the one reader of process.env. Each is described in docs/settings.md (a test
 * keeps the two together). Wrong settings are named all at once, and a secret's value is never repeated.
 */

import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  type ClaimValue,
  type RoleRule,
  readRoleRules,
  readSecondFactorRule,
} from './domain/access/index.ts';
import type { BusinessCalendar } from './domain/incident/index.ts';
import type { NoteKey } from './domain/log/index.ts';
import { RepriseError } from './domain/shared/errors.ts';
import { isLoopback } from './loopback.ts';
import {
  headerList,
  hostList,
  mailFrom,
  type NoticeSettings,
  readNotices,
  readWebhook,
  smtpUrl,
  webhookUrl,
} from './notice-settings.ts';
import {
  correctionsSetting,
  type OutsideSettings,
  readConsumerControl,
  readCorrections,
} from './outside-settings.ts';
import { readPublicKey, readSigningKey, type SigningSettings, signingOf } from './signing-key.ts';
import { readWitnessKeys } from './witness-keys.ts';

export type KafkaSettings = {
  readonly brokers: readonly string[];
  /** PEM text. `ca` null: the certificates that Node trusts. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  } | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
  /** As whom Reprise may write to topics of derived states. null: it never writes to any. */
  readonly promoter: { readonly sasl: KafkaSasl | null } | null;
};
type KafkaSasl = NonNullable<KafkaSettings['sasl']>;

/** The sign-in of a company, by OpenID Connect. */
export type IssuerSettings = {
  readonly issuer: string;
  readonly clientId: string;
  /** Never log it. */
  readonly clientSecret: string;
  readonly roles: readonly RoleRule[];
  /** What the issuer says where it has asked for a second factor; empty: it is never taken to have. */
  readonly secondFactor: readonly ClaimValue[];
  /** What the button says after "Sign in with". */
  readonly name: string;
};

export type LagSettings = {
  /** From the start of one sample to the start of the next. */
  readonly everyMs: number;
  /** An offset that has not moved for longer, with records unread behind it, is stuck. */
  readonly stuckMs: number;
  /** How long samples, and what they are rolled up to, are kept. */
  readonly kept: { readonly sampleHours: number; readonly minuteDays: number; readonly hourDays: number };
  /** Whether the figures of /metrics are for everybody who reaches this process. */
  readonly isOpen: boolean;
};

export type Settings = {
  /** Reprise's own database. Holds a password: never log it. */
  readonly databaseUrl: string;
  /** The same database for the role that owns the tables, for migrating alone. null: it is not told. Never log it. */
  readonly ownerDatabaseUrl: string | null;
  /** null: no broker is configured, and contracts over Kafka can't be replayed. */
  readonly kafka: KafkaSettings | null;
  readonly schemaRegistryUrl: string | null;
  /** Addresses of the databases that contracts name, by connection name as in the setting (lower case). */
  readonly connections: ReadonlyMap<string, string>;
  /** The same databases for a role that may correct derived states; of those alone where anything is promoted. */
  readonly promoters: ReadonlyMap<string, string>;
  readonly host: string;
  readonly port: number;
  /** Signs the cookies of those who are signed in. null: this process lets nobody in. Never log it. */
  readonly secret: string | null;
  /** Signs evidence, Ed25519. null: this process can record none. Never log it. */
  readonly signing: SigningSettings | null;
  /** Whose cosignatures the evidence log takes. */
  readonly witnesses: readonly NoteKey[];
  /** The address that people type, without a path. null: the loopback address itself, over plain HTTP. */
  readonly origin: string | null;
  /** null: people sign in with passwords and passkeys of Reprise alone. Always with an origin. */
  readonly issuer: IssuerSettings | null;
  /** How many proxies stand before the web process, each of which adds the address that it was asked from. */
  readonly proxies: number;
  /** The key that the command line acts with. Never log it. */
  readonly token: string | null;
  /** Whether the sign-in page offers the demo's people. */
  readonly demoPeople: boolean;
  readonly notices: NoticeSettings;
  readonly outside: OutsideSettings;
  /** When people are at work: of incidents that have until the next business day. */
  readonly calendar: BusinessCalendar;
  readonly logLevel: LogLevel;
  readonly workerThreads: number;
  /** A thread that gives no sign of life for so long while it works is ended. */
  readonly stuckMs: number;
  /** For how many days sagas are kept after they ended. */
  readonly sagaKeptDays: number;
  /** For how many days it is kept what was counted against failure budgets. */
  readonly budgetKeptDays: number;
  /** Where the checkpoints of the evidence log are kept beside the database. */
  readonly checkpointDir: string;
  /** Where workers post them. null: nowhere. The path of `url` may be a secret: never log it. */
  readonly checkpointWebhook: NoticeSettings['webhook'];
  /** The topic of the configured broker that workers write them to. null: none. */
  readonly checkpointTopic: string | null;
  /** The OpenTelemetry collector that traces go to. null: nothing is traced. Headers may hold a token: never log them. */
  readonly tracing: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } | null;
  readonly lag: LagSettings;
  readonly archiveDir: string;
  readonly contractsDir: string;
  readonly runbooksDir: string;
  readonly stateDir: string;
  /** What the web process is known by to whoever has started it. null: by nothing. */
  readonly instance: string | null;
  /** Names that look like settings of Reprise and are none: most likely misspelt. */
  readonly unknown: readonly string[];
  /** Files that hold the key which evidence is signed with, and that others than their user can read. */
  readonly exposed: readonly string[];
};

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const trueOrFalse = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
const urlOf = (protocols: readonly string[], example: string) =>
  z
    .string()
    .refine((text) => {
      const url = URL.parse(text);
      return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
    }, `must be an address such as ${example}`)
    .refine((text) => {
      const url = URL.parse(text);
      return url === null || [url.username, url.password].every(isDecodable);
    }, 'has a percent sign in its user or password that no byte of UTF-8 stands behind: write a percent sign itself as %25');
const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
const postgresUrl = urlOf(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/database');
const httpUrl = urlOf(['http:', 'https:'], 'https://registry.example:8081');
const hasPort = (address: string): boolean => {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return port >= 1 && port <= 65_535;
};
const brokerList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/.test(part) && hasPort(part)),
    'must be a list such as broker-1:9092,broker-2:9092, with ports from 1 to 65535',
  );
const timeZone = z
  .string()
  .refine((text) => isTimeZone(text), 'must be the IANA name of a time zone, such as Europe/Berlin');
const dayList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine(
    (days) => days.every((day) => z.iso.date().safeParse(day).success),
    'must be a list of days such as 2026-12-25,2027-01-01',
  );
const originUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && url.origin === text && (url.protocol === 'https:' || isLoopback(url.hostname));
}, 'must be an address such as https://reprise.example, with https and without a path');
const issuerUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}, 'must be the address of an issuer such as https://login.example/realms/acme, with https');
/** A text that is read by a function, which answers a sentence where it can't. */
const readBy = <T extends object>(reader: (text: string) => T | string) =>
  z.string().transform((text, ctx) => {
    const read = reader(text);
    if (typeof read !== 'string') return read;
    ctx.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  });
const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${from} to ${to}`)
    .transform(Number)
    .refine((n) => n >= from && n <= to, `must be a whole number from ${from} to ${to}`);

/** The settings by name. `secret`: its value is not repeated, and `<NAME>_FILE` may name a file that holds it. */
const definitions = {
  DATABASE_URL: { schema: postgresUrl, secret: true },
  REPRISE_OWNER_DATABASE_URL: { schema: postgresUrl, secret: true },
  KAFKA_BROKERS: { schema: brokerList, secret: false },
  KAFKA_TLS: { schema: trueOrFalse, secret: false },
  KAFKA_TLS_CA_FILE: { schema: z.string(), secret: false },
  KAFKA_TLS_CERT_FILE: { schema: z.string(), secret: false },
  KAFKA_TLS_KEY_FILE: { schema: z.string(), secret: false },
  KAFKA_SASL_MECHANISM: {
    schema: z.enum(
      ['plain', 'scram-sha-256', 'scram-sha-512'],
      'must be plain, scram-sha-256 or scram-sha-512',
    ),
    secret: false,
  },
  KAFKA_SASL_USERNAME: { schema: z.string(), secret: false },
  KAFKA_SASL_PASSWORD: { schema: z.string(), secret: true },
  KAFKA_PROMOTER: { schema: trueOrFalse, secret: false },
  KAFKA_PROMOTER_USERNAME: { schema: z.string(), secret: false },
  KAFKA_PROMOTER_PASSWORD: { schema: z.string(), secret: true },
  SCHEMA_REGISTRY_URL: { schema: httpUrl, secret: true },
  CONSUMER_CONTROL_URL: { schema: webhookUrl, secret: true },
  CONSUMER_CONTROL_TOKEN: { schema: z.string(), secret: true },
  CONSUMER_CONTROL_PRIVATE: { schema: trueOrFalse, secret: false },
  KUBERNETES_API_URL: { schema: urlOf(['https:', 'http:'], 'https://kubernetes.default.svc'), secret: false },
  KUBERNETES_NAMESPACE: { schema: z.string(), secret: false },
  KUBERNETES_TOKEN_FILE: { schema: z.string(), secret: false },
  KUBERNETES_CA_FILE: { schema: z.string(), secret: false },
  CONNECT_URL: { schema: httpUrl, secret: true },
  HOST: { schema: z.string(), secret: false },
  PORT: { schema: wholeNumber(1, 65_535), secret: false },
  REPRISE_ORIGIN: { schema: originUrl, secret: false },
  REPRISE_PROXIES: { schema: wholeNumber(0, 10), secret: false },
  REPRISE_SECRET: {
    schema: z.string().min(32, 'must be at least 32 letters, as from openssl rand -base64 32'),
    secret: true,
  },
  REPRISE_SIGNING_KEY: { schema: readBy(readSigningKey), secret: true },
  REPRISE_SIGNING_COMMAND: { schema: z.string(), secret: false },
  // Secret is only that it may stand in a file, as keys do.
  REPRISE_SIGNING_PUBLIC_KEY: { schema: readBy(readPublicKey), secret: true },
  REPRISE_WITNESS_KEYS: { schema: readBy(readWitnessKeys), secret: false },
  REPRISE_OIDC_ISSUER: { schema: issuerUrl, secret: false },
  REPRISE_OIDC_CLIENT_ID: { schema: z.string(), secret: false },
  REPRISE_OIDC_CLIENT_SECRET: { schema: z.string(), secret: true },
  REPRISE_OIDC_ROLES: { schema: readBy(readRoleRules), secret: false },
  REPRISE_OIDC_SECOND_FACTOR: { schema: readBy(readSecondFactorRule), secret: false },
  REPRISE_OIDC_NAME: { schema: z.string().max(40, 'must be at most 40 letters'), secret: false },
  REPRISE_TOKEN: { schema: z.string().regex(/^rpr_/, 'must be a token such as rpr_…'), secret: true },
  REPRISE_DEMO_PEOPLE: { schema: trueOrFalse, secret: false },
  REPRISE_SMTP_URL: { schema: smtpUrl, secret: true },
  REPRISE_MAIL_FROM: { schema: mailFrom, secret: false },
  REPRISE_WEBHOOK_URL: { schema: webhookUrl, secret: true },
  REPRISE_WEBHOOK_HOSTS: { schema: hostList, secret: false },
  REPRISE_WEBHOOK_PRIVATE: { schema: trueOrFalse, secret: false },
  LOG_LEVEL: { schema: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`), secret: false },
  REPRISE_WORKER_THREADS: { schema: wholeNumber(1, 64), secret: false },
  REPRISE_BUSINESS_TIME_ZONE: { schema: timeZone, secret: false },
  REPRISE_HOLIDAYS: { schema: dayList, secret: false },
  REPRISE_STUCK_SECONDS: { schema: wholeNumber(2, 3_600), secret: false },
  REPRISE_SAGA_DAYS: { schema: wholeNumber(1, 3_660), secret: false },
  REPRISE_BUDGET_DAYS: { schema: wholeNumber(35, 3_660), secret: false },
  REPRISE_CHECKPOINT_DIR: { schema: z.string(), secret: false },
  REPRISE_CHECKPOINT_WEBHOOK: { schema: webhookUrl, secret: true },
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: webhookUrl, secret: false },
  OTEL_EXPORTER_OTLP_HEADERS: { schema: headerList, secret: true },
  REPRISE_CHECKPOINT_TOPIC: {
    schema: z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be the name of a topic'),
    secret: false,
  },
  REPRISE_LAG_EVERY_MS: { schema: wholeNumber(500, 60_000), secret: false },
  REPRISE_LAG_STUCK_SECONDS: { schema: wholeNumber(1, 86_400), secret: false },
  REPRISE_LAG_KEEP_SAMPLES_HOURS: { schema: wholeNumber(1, 168), secret: false },
  REPRISE_LAG_KEEP_MINUTES_DAYS: { schema: wholeNumber(1, 90), secret: false },
  REPRISE_LAG_KEEP_HOURS_DAYS: { schema: wholeNumber(1, 3_660), secret: false },
  REPRISE_METRICS_OPEN: { schema: trueOrFalse, secret: false },
  REPRISE_ARCHIVE_DIR: { schema: z.string(), secret: false },
  REPRISE_CONTRACTS_DIR: { schema: z.string(), secret: false },
  REPRISE_RUNBOOKS_DIR: { schema: z.string(), secret: false },
  REPRISE_STATE_DIR: { schema: z.string(), secret: false },
  REPRISE_INSTANCE: {
    schema: z.string().regex(/^[\w-]{1,64}$/, 'must be at most 64 letters, digits, - and _'),
    secret: false,
  },
} as const;

type Name = keyof typeof definitions;
type ValueOf<N extends Name> = z.output<(typeof definitions)[N]['schema']>;
type Environment = Readonly<Record<string, string | undefined>>;

const CONNECTION = 'REPRISE_CONNECTION_';
const PROMOTER = 'REPRISE_PROMOTER_';

/** Names as they stand in docs/settings.md. */
export const settingNames: readonly string[] = [
  ...Object.keys(definitions),
  `${CONNECTION}<NAME>`,
  `${PROMOTER}<NAME>`,
  correctionsSetting('<NAME>', 'URL'),
  correctionsSetting('<NAME>', 'TOKEN'),
  correctionsSetting('<NAME>', 'PRIVATE'),
];

/** The setting that holds the address of a connection that a contract names. */
export function connectionSetting(connection: string): string {
  return CONNECTION + connection.toUpperCase().replaceAll('-', '_');
}

/** The setting that holds the address through which a connection's derived states are corrected. */
export function promoterSetting(connection: string): string {
  return PROMOTER + connection.toUpperCase().replaceAll('-', '_');
}

/**
 * Reads all settings. Relative paths are taken from `root`.
 * Throws RepriseError setting-invalid whose sentence names every wrong setting and what it must be.
 */
export function readSettings(environment: Environment, root: string): Settings {
  const problems: string[] = [];
  const get = <N extends Name>(name: N): ValueOf<N> | null => read(environment, root, name, problems);
  const path = (text: string | null, otherwise: string) => resolve(root, text ?? otherwise);

  const databaseUrl = get('DATABASE_URL');
  if (databaseUrl === null && !problems.some((p) => p.startsWith('DATABASE_URL')))
    problems.push('DATABASE_URL is missing: the PostgreSQL that holds the state of Reprise');
  const stateDir = path(get('REPRISE_STATE_DIR'), '.reprise');
  const settings: Settings = {
    databaseUrl: databaseUrl ?? '',
    ownerDatabaseUrl: get('REPRISE_OWNER_DATABASE_URL'),
    kafka: readKafka(get, root, problems),
    schemaRegistryUrl: get('SCHEMA_REGISTRY_URL'),
    connections: readConnections(environment, root, problems, CONNECTION),
    promoters: readConnections(environment, root, problems, PROMOTER),
    port: get('PORT') ?? 3000,
    secret: get('REPRISE_SECRET'),
    signing: signingOf(
      {
        key: get('REPRISE_SIGNING_KEY'),
        command: get('REPRISE_SIGNING_COMMAND'),
        publicKey: get('REPRISE_SIGNING_PUBLIC_KEY'),
      },
      problems,
    ),
    witnesses: get('REPRISE_WITNESS_KEYS') ?? [],
    ...readDoor(get, problems),
    issuer: readIssuer(get, problems),
    token: get('REPRISE_TOKEN'),
    notices: readNotices(
      {
        smtpUrl: get('REPRISE_SMTP_URL'),
        from: get('REPRISE_MAIL_FROM'),
        webhookUrl: get('REPRISE_WEBHOOK_URL'),
        hosts: get('REPRISE_WEBHOOK_HOSTS'),
        allowPrivate: get('REPRISE_WEBHOOK_PRIVATE') ?? false,
      },
      problems,
    ),
    outside: {
      ...readOutside(get, root, problems),
      corrections: readCorrections(
        Object.keys(environment).filter((name) => environment[name]),
        (name) => secretText(environment, root, name, problems),
        problems,
      ),
    },
    calendar: {
      timeZone: get('REPRISE_BUSINESS_TIME_ZONE') ?? 'UTC',
      holidays: get('REPRISE_HOLIDAYS') ?? [],
    },
    logLevel: get('LOG_LEVEL') ?? 'info',
    workerThreads: get('REPRISE_WORKER_THREADS') ?? Math.min(availableParallelism(), 8),
    stuckMs: (get('REPRISE_STUCK_SECONDS') ?? 30) * 1_000,
    tracing: tracingOf(get('OTEL_EXPORTER_OTLP_ENDPOINT'), get('OTEL_EXPORTER_OTLP_HEADERS')),
    sagaKeptDays: get('REPRISE_SAGA_DAYS') ?? 400,
    budgetKeptDays: get('REPRISE_BUDGET_DAYS') ?? 400,
    checkpointDir: path(get('REPRISE_CHECKPOINT_DIR'), `${stateDir}/checkpoints`),
    ...readCheckpointSinks(get, problems),
    lag: readLag(get),
    archiveDir: path(get('REPRISE_ARCHIVE_DIR'), `${stateDir}/archives`),
    contractsDir: path(get('REPRISE_CONTRACTS_DIR'), 'contracts'),
    runbooksDir: path(get('REPRISE_RUNBOOKS_DIR'), 'runbooks'),
    stateDir,
    instance: get('REPRISE_INSTANCE'),
    unknown: Object.keys(environment).filter(isUnknown).sort(),
    exposed: exposedFiles(environment.REPRISE_SIGNING_KEY_FILE, root),
  };
  if (problems.length === 0) return settings;
  const list = problems.map((problem) => `  ${problem}`).join('\n');
  throw new RepriseError('setting-invalid', `Wrong settings (docs/settings.md describes each):\n${list}`);
}

let current: Settings | null = null;
/** The settings of this process, read once. */
export function settings(): Settings {
  current ??= readSettings(process.env, process.cwd());
  return current;
}

/** The value of one setting; null where it is not set. An empty value counts as not set. */
function read<N extends Name>(
  environment: Environment,
  root: string,
  name: N,
  problems: string[],
): ValueOf<N> | null {
  const { schema, secret } = definitions[name];
  const text = secret ? secretText(environment, root, name, problems) : environment[name] || null;
  if (text === null) return null;
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data as ValueOf<N>;
  const what = parsed.error.issues[0]?.message ?? 'is not valid';
  problems.push(secret ? `${name} ${what}` : `${name}=${text} ${what}`);
  return null;
}

function secretText(environment: Environment, root: string, name: string, problems: string[]): string | null {
  const direct = environment[name] || null;
  const file = environment[`${name}_FILE`] || null;
  if (direct !== null && file !== null) problems.push(`${name} and ${name}_FILE are both set: keep one`);
  if (direct !== null || file === null) return direct;
  return fileText(`${name}_FILE`, resolve(root, file), problems)?.trim() || null;
}

/** That it can be read at all is asked where it is read. */
function exposedFiles(file: string | undefined, root: string): readonly string[] {
  if (!file) return [];
  try {
    return (statSync(resolve(root, file)).mode & 0o077) === 0 ? [] : [file];
  } catch {
    return [];
  }
}

function fileText(name: string, path: string, problems: string[]): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push(`${name}=${path} can't be read (${code})`);
    return null;
  }
}

type Get = <N extends Name>(name: N) => ValueOf<N> | null;

/** Beyond this machine passwords and cookies travel under TLS, which somebody before this process ends. */
function readDoor(
  get: Get,
  problems: string[],
): Pick<Settings, 'host' | 'origin' | 'proxies' | 'demoPeople'> {
  const host = get('HOST') ?? '127.0.0.1';
  const origin = get('REPRISE_ORIGIN');
  const demoPeople = get('REPRISE_DEMO_PEOPLE') ?? false;
  const isSecure = origin?.startsWith('https:') ?? false;
  if (!isLoopback(host) && !isSecure)
    problems.push(
      `HOST=${host} is no loopback address (127.0.0.1, ::1 or localhost): beyond this machine REPRISE_ORIGIN has to name the https address that people type`,
    );
  if (demoPeople && (!isLoopback(host) || origin !== null))
    problems.push(
      'REPRISE_DEMO_PEOPLE is for loopback addresses only: the passwords of the demo are known to everybody',
    );
  if (isSecure && get('REPRISE_PROXIES') === 0)
    problems.push(
      'REPRISE_PROXIES=0 and an https address in REPRISE_ORIGIN do not go together: what ends TLS is a proxy',
    );
  return { host, origin, proxies: get('REPRISE_PROXIES') ?? (origin === null ? 0 : 1), demoPeople };
}

/** Where an issuer sends people back to is told to it beforehand, so it has to be known. */
function readIssuer(get: Get, problems: string[]): IssuerSettings | null {
  const before = problems.length;
  const issuer = get('REPRISE_OIDC_ISSUER');
  const clientId = get('REPRISE_OIDC_CLIENT_ID');
  const clientSecret = get('REPRISE_OIDC_CLIENT_SECRET');
  const roles = get('REPRISE_OIDC_ROLES');
  const secondFactor = get('REPRISE_OIDC_SECOND_FACTOR');
  const name = get('REPRISE_OIDC_NAME');
  // What is wrong by itself is said once, and not as missing too.
  if (problems.length > before) return null;
  if ([issuer, clientId, clientSecret, roles, secondFactor, name].every((each) => each === null)) return null;
  if (get('REPRISE_ORIGIN') === null)
    problems.push(
      'REPRISE_ORIGIN is missing: with REPRISE_OIDC_… set it has to name the address that people type, since the issuer sends them back there',
    );
  if (issuer === null || clientId === null || clientSecret === null || roles === null) {
    problems.push(
      'REPRISE_OIDC_ISSUER, REPRISE_OIDC_CLIENT_ID, REPRISE_OIDC_CLIENT_SECRET (or REPRISE_OIDC_CLIENT_SECRET_FILE) and REPRISE_OIDC_ROLES go together',
    );
    return null;
  }
  return {
    issuer,
    clientId,
    clientSecret,
    roles,
    secondFactor: secondFactor ?? [],
    name: name ?? new URL(issuer).hostname,
  };
}

function tracingOf(
  endpoint: string | null,
  headers: Readonly<Record<string, string>> | null,
): Settings['tracing'] {
  return endpoint === null ? null : { endpoint, headers: headers ?? {} };
}

function readLag(get: Get): LagSettings {
  return {
    everyMs: get('REPRISE_LAG_EVERY_MS') ?? 5_000,
    stuckMs: (get('REPRISE_LAG_STUCK_SECONDS') ?? 300) * 1_000,
    kept: {
      sampleHours: get('REPRISE_LAG_KEEP_SAMPLES_HOURS') ?? 6,
      minuteDays: get('REPRISE_LAG_KEEP_MINUTES_DAYS') ?? 8,
      hourDays: get('REPRISE_LAG_KEEP_HOURS_DAYS') ?? 400,
    },
    isOpen: get('REPRISE_METRICS_OPEN') ?? false,
  };
}

function readCheckpointSinks(
  get: Get,
  problems: string[],
): Pick<Settings, 'checkpointWebhook' | 'checkpointTopic'> {
  const checkpointTopic = get('REPRISE_CHECKPOINT_TOPIC');
  const url = get('REPRISE_CHECKPOINT_WEBHOOK');
  if (url === null) return { checkpointTopic, checkpointWebhook: null };
  const hosts = get('REPRISE_WEBHOOK_HOSTS');
  const allowPrivate = get('REPRISE_WEBHOOK_PRIVATE') ?? false;
  return {
    checkpointTopic,
    checkpointWebhook: readWebhook('REPRISE_CHECKPOINT_WEBHOOK', { url, hosts, allowPrivate }, problems),
  };
}

function readOutside(get: Get, root: string, problems: string[]): Omit<OutsideSettings, 'corrections'> {
  const file = (name: 'KUBERNETES_TOKEN_FILE' | 'KUBERNETES_CA_FILE') => {
    const named = get(name);
    return named === null ? null : resolve(root, named);
  };
  const control = {
    url: get('CONSUMER_CONTROL_URL'),
    token: get('CONSUMER_CONTROL_TOKEN'),
    allowPrivate: get('CONSUMER_CONTROL_PRIVATE'),
    kubernetes: {
      url: get('KUBERNETES_API_URL'),
      namespace: get('KUBERNETES_NAMESPACE'),
      tokenFile: file('KUBERNETES_TOKEN_FILE'),
      caFile: file('KUBERNETES_CA_FILE'),
    },
  };
  return { consumerControl: readConsumerControl(control, problems), connectUrl: get('CONNECT_URL') };
}

function readKafka(get: Get, root: string, problems: string[]): KafkaSettings | null {
  const brokers = get('KAFKA_BROKERS');
  const isMissing = brokers === null && !problems.some((problem) => problem.startsWith('KAFKA_BROKERS'));
  const tls = get('KAFKA_TLS');
  const pem = (name: 'KAFKA_TLS_CA_FILE' | 'KAFKA_TLS_CERT_FILE' | 'KAFKA_TLS_KEY_FILE') => {
    const file = get(name);
    return file === null ? null : fileText(name, resolve(root, file), problems);
  };
  const certificates = {
    ca: pem('KAFKA_TLS_CA_FILE'),
    cert: pem('KAFKA_TLS_CERT_FILE'),
    key: pem('KAFKA_TLS_KEY_FILE'),
  };
  if (tls !== true && Object.values(certificates).some((text) => text !== null))
    problems.push('KAFKA_TLS must be true where KAFKA_TLS_…_FILE is set');
  if ((certificates.cert === null) !== (certificates.key === null))
    problems.push('KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE go together');
  const sasl = readSasl(get, problems);
  const promoter = readPromoter(get, sasl, problems);
  const ofNoBroker = [
    ...(tls === true ? ['KAFKA_TLS'] : []),
    ...(sasl === null ? [] : ['KAFKA_SASL_MECHANISM']),
    ...(promoter === null ? [] : [promoter.sasl === sasl ? 'KAFKA_PROMOTER' : 'KAFKA_PROMOTER_USERNAME']),
  ];
  if (isMissing && ofNoBroker.length > 0)
    problems.push(`KAFKA_BROKERS is missing: ${ofNoBroker.join(', ')} would be of no use without it`);
  if (brokers === null) return null;
  return { brokers, tls: tls === true ? certificates : null, sasl, promoter };
}

/** The same user as that which reads, or one of its own; without either nothing is ever written to a topic. */
function readPromoter(get: Get, sasl: KafkaSettings['sasl'], problems: string[]): KafkaSettings['promoter'] {
  const isAllowed = get('KAFKA_PROMOTER');
  const username = get('KAFKA_PROMOTER_USERNAME');
  const password = get('KAFKA_PROMOTER_PASSWORD');
  if (username === null && password === null) return isAllowed === true ? { sasl } : null;
  if (username === null || password === null || sasl === null || isAllowed === false) {
    problems.push(
      'KAFKA_PROMOTER_USERNAME and KAFKA_PROMOTER_PASSWORD (or KAFKA_PROMOTER_PASSWORD_FILE) go together, with KAFKA_SASL_MECHANISM, and without KAFKA_PROMOTER=false',
    );
    return null;
  }
  return { sasl: { mechanism: sasl.mechanism, username, password } };
}

function readSasl(get: Get, problems: string[]): KafkaSettings['sasl'] {
  const mechanism = get('KAFKA_SASL_MECHANISM');
  const username = get('KAFKA_SASL_USERNAME');
  const password = get('KAFKA_SASL_PASSWORD');
  if (mechanism !== null && username !== null && password !== null) return { mechanism, username, password };
  if (mechanism !== null || username !== null || password !== null)
    problems.push(
      'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (or KAFKA_SASL_PASSWORD_FILE) go together',
    );
  return null;
}

function readConnections(
  environment: Environment,
  root: string,
  problems: string[],
  prefix: string,
): Map<string, string> {
  const connections = new Map<string, string>();
  const names = Object.keys(environment).filter((name) => name.startsWith(prefix));
  for (const setting of new Set(names.map((name) => name.replace(/_FILE$/, '')))) {
    const text = secretText(environment, root, setting, problems);
    if (text === null) continue;
    const parsed = postgresUrl.safeParse(text);
    const name = setting.slice(prefix.length).toLowerCase();
    if (!/^[a-z][a-z0-9_]*$/.test(name)) problems.push(`${setting} names no connection`);
    else if (parsed.success) connections.set(name, parsed.data);
    else problems.push(`${setting} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  return connections;
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Whether it is a setting of Reprise, or names the file that holds one. */
export function isSetting(name: string): boolean {
  if (/^REPRISE_(CONNECTION|PROMOTER|CORRECTIONS)_/.test(name)) return true;
  return name in definitions || name.replace(/_FILE$/, '') in definitions;
}

function isUnknown(name: string): boolean {
  return /^(REPRISE|KAFKA)_/.test(name) && !/^REPRISE_TEST_/.test(name) && !isSetting(name);
}
