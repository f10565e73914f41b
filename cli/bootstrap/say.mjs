/** All that is said before the command itself runs goes to stderr, because stdout belongs to that command. */

// That nobody reads it is no reason to end in the middle of an installation.
process.stderr.on('error', () => undefined);

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  say(`✗ ${message}`);
  process.exit(1);
}
