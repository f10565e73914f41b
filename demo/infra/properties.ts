/**
 * Java's properties format (java.util.Properties.load): backslash, line ends and a value's leading space must be
 * escaped, and what is beyond ASCII too, since Java reads the file as Latin-1.
 */
export function toProperties(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${escaped(name).replaceAll(/[=: ]/g, '\\$&')}=${escaped(String(value))}\n`)
    .join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/^ /, '\\ ')
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
