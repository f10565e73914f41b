import pino from 'pino';
import type { Log } from '../../application/ports/log.ts';

/** Fields that could carry a secret if an error or a settings object were logged whole. */
const secretFields = [
  'password',
  'databaseUrl',
  'ownerDatabaseUrl',
  'connectionString',
  'sasl',
  'tls',
  'registryUrl',
  'authorization',
];

export type ProcessLog = Log & {
  debug(fields: Readonly<Record<string, unknown>>, sentence: string): void;
};

/** JSON lines on stderr, one an event: stdout belongs to what a command prints. */
export function createLog(options: { readonly level: string; readonly process: string }): ProcessLog {
  const logger = pino(
    {
      level: options.level,
      base: { process: options.process, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
      serializers: { error: describeError },
    },
    pino.destination({ fd: 2, sync: false }),
  );
  return {
    debug: (fields, sentence) => logger.debug(fields, sentence),
    info: (fields, sentence) => logger.info(fields, sentence),
    warn: (fields, sentence) => logger.warn(fields, sentence),
    error: (fields, sentence) => logger.error(fields, sentence),
  };
}

/**
 * An error's name, code, message and stack, with its causes. Not its other fields: drivers hang whole
 * configurations on their errors. A URL's password is cut out of the text.
 */
export function describeError(error: unknown): unknown {
  if (!isErrorLike(error)) return withoutPasswords(String(error));
  return {
    ...(error.name === undefined ? {} : { name: String(error.name) }),
    ...('code' in error ? { code: String(error.code) } : {}),
    message: withoutPasswords(error.message),
    stack: withoutPasswords(String(error.stack ?? '')),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

type ErrorLike = {
  readonly message: string;
  readonly name?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
};

/** The job queue copies its errors into plain objects, which would be logged as "[object Object]". */
function isErrorLike(error: unknown): error is ErrorLike {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}

function withoutPasswords(text: string): string {
  return text.replaceAll(/(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g, '$1:[secret]@');
}
