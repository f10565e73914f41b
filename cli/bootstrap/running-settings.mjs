import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The environment of a command, and below it the settings of the Reprise that `npm start` runs here; null where neither
 * names a database. One that the environment names is worked with alone: nothing of another Reprise is mixed in. What
 * `npm start` has taken away from that Reprise, and keeps as '', is taken from the environment too. Throws a sentence
 * where the settings that run here can't be read.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string} root
 * @returns {Record<string, string | undefined> | null}
 */
export function withRunning(environment, root) {
  if (environment.DATABASE_URL || environment.DATABASE_URL_FILE) return { ...environment };
  const running = readRunning(settingsFileOf(environment, root));
  if (running === null) return null;
  const merged = { ...environment };
  for (const [name, value] of Object.entries(running)) {
    if (value === '') {
      delete merged[name];
      delete merged[otherName(name)];
      continue;
    }
    // A secret may stand in a file: the same setting by two names is refused, as is one set twice.
    if (!environment[name] && !environment[otherName(name)]) merged[name] = value;
  }
  // What web and worker log is for their files; a terminal gets what matters.
  merged.LOG_LEVEL = environment.LOG_LEVEL || 'warn';
  return merged;
}

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string} root
 */
export function settingsFileOf(environment, root) {
  return join(resolve(root, environment.REPRISE_STATE_DIR || '.reprise'), 'settings.json');
}

/** @param {string} name */
const otherName = (name) => (name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : `${name}_FILE`);

/**
 * null where there is no such file, and so no Reprise that runs here. One that is there and can't be read is no sign of
 * that: whoever takes it for one looks for a database in vain.
 * @param {string} file
 * @returns {Record<string, string> | null}
 */
function readRunning(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown';
    if (code === 'ENOENT') return null;
    throw refusal(
      `${file} holds the settings of the Reprise that npm start runs here, and can't be read (${code}). Run this as the user who started it, or set DATABASE_URL.`,
    );
  }
  const settings = settingsIn(text);
  if (settings !== null) return settings;
  throw refusal(
    `${file} is no JSON of settings, as npm start writes it. Stop Reprise and start it again with npm start, or set DATABASE_URL.`,
  );
}

/**
 * @param {string} text
 * @returns {Record<string, string> | null}
 */
function settingsIn(text) {
  try {
    const given = JSON.parse(text);
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    return isObject && Object.values(given).every((value) => typeof value === 'string') ? given : null;
  } catch {
    // Without the cause: V8 quotes the text in its message, and passwords stand in it.
    return null;
  }
}

/**
 * A refusal is its sentence, also where an error is printed with its stack: where it was thrown helps nobody.
 * @param {string} sentence
 */
function refusal(sentence) {
  return Object.assign(new Error(sentence), { stack: sentence });
}
