import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The environment of a command, and below it the settings of the Reprise that `npm start` runs here; null where neither
 * names a database. One that the environment names is worked with alone: nothing of another Reprise is mixed in.
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
 * @param {string} file
 * @returns {Record<string, string> | null}
 */
function readRunning(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
