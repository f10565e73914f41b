type Mark = readonly [mark: RegExp, name: string];

/** Those that call themselves by others' names too come first. */
const browsers: readonly Mark[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(HeadlessChrome|Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^(node|undici)\b/, 'a program'],
];

const systems: readonly Mark[] = [
  [/\b(iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\b(Macintosh|Mac OS X)\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/**
 * `Firefox on Linux`, out of what a browser says of itself. It is a help to recognise one's own session and no
 * proof of anything, because whoever asks writes it.
 */
export function browserWords(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'not said';
  const browser = nameIn(browsers, userAgent);
  const system = nameIn(systems, userAgent);
  if (browser !== null && system !== null) return `${browser} on ${system}`;
  return browser ?? system ?? 'something else';
}

function nameIn(marks: readonly Mark[], text: string): string | null {
  return marks.find(([mark]) => mark.test(text))?.[1] ?? null;
}
