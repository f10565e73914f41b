/** All that is said before the command itself runs goes to stderr, because stdout belongs to that command. */

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
