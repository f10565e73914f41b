import { resolve } from 'node:path';
import { isSetting } from '../../server/env.ts';

/** For the launcher and what migrates alone, of one start alone, and of the person who gave the command. */
const NOT_HANDED_ON = [
  'REPRISE_OWNER_DATABASE_URL',
  'REPRISE_OWNER_DATABASE_URL_FILE',
  'REPRISE_INSTANCE',
  'REPRISE_TOKEN',
  'REPRISE_TOKEN_FILE',
];

/**
 * All settings that web and worker run with: what the launcher was given, and `own`, what it says itself, which goes
 * first. Files and folders are named as they are found from anywhere.
 */
export function settingsOfRun(
  environment: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  root: string,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!value || !isSetting(name) || NOT_HANDED_ON.includes(name)) continue;
    // By its value and by a file at once a setting is refused.
    if (name.replace(/_FILE$/, '') in own) continue;
    given[name] = /_(FILE|DIR)$/.test(name) ? resolve(root, value) : value;
  }
  return { ...given, ...own };
}

/** An environment with `own` in it, and without `<NAME>_FILE` of what that names outright: both at once are refused. */
export function environmentWith(
  environment: NodeJS.ProcessEnv,
  own: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const env = { ...environment, ...own };
  for (const name of Object.keys(own)) delete env[`${name}_FILE`];
  return env;
}
