/** Figures as the pages print them. One locale for everyone: a pasted figure must read the same to its reader. */
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** U+2212, which has the width of a plus sign; a hyphen would break the column and read as a dash. */
const minus = '−';

export type Figure = number | bigint;

/** 1842 → `1,842`; with `digits`, fixed decimals. Not finite gives an em dash, never `NaN`. */
export function formatCount(value: Figure, digits = 0): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return '—';
  const text =
    digits === 0
      ? grouped.format(value)
      : new Intl.NumberFormat('en-US', {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
        }).format(value);
  return text.replace('-', minus);
}

/** A difference with its sign: `+8`, `−9`, `±0`. */
export function formatDelta(value: Figure): string {
  if (typeof value === 'bigint' ? value === 0n : value === 0) return '±0';
  const text = formatCount(value);
  return value > 0 ? `+${text}` : text;
}

/** Decimal text with its digits grouped and none left out: `-1234.5` → `−1,234.5`. */
export function formatDecimal(text: string): string {
  const [whole = '0', ...fraction] = text.split('.');
  const size = grouped.format(BigInt(whole.replace('-', '')));
  return `${text.startsWith('-') ? minus : ''}${[size, ...fraction].join('.')}`;
}

/** A share in percent, with as many decimals as small shares need: 0.0001 → `0.01 %`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '—';
  const percent = share * 100;
  const digits = percent === 0 || Math.abs(percent) >= 10 ? 0 : Math.abs(percent) >= 1 ? 1 : 2;
  const shown = Math.abs(percent) > 0 && Math.abs(percent) < 0.01 ? '< 0.01' : formatCount(percent, digits);
  return `${shown} %`;
}

/** Milliseconds as the two largest units: `840 ms`, `12.4 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '—';
  const size = Math.abs(ms);
  const sign = ms < 0 ? minus : '';
  if (size < 1_000) return `${sign}${Math.round(size)} ms`;
  if (size < 59_950) return `${sign}${(size / 1_000).toFixed(1)} s`;
  const seconds = Math.round(size / 1_000);
  if (seconds < 3_600) return `${sign}${pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${sign}${pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')}`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${pair(Math.floor(hours / 24), 'd', hours % 24, 'h')}`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  if (small === 0) return `${grouped.format(large)} ${largeUnit}`;
  const padded = smallUnit === 'h' ? String(small) : String(small).padStart(2, '0');
  return `${grouped.format(large)} ${largeUnit} ${padded} ${smallUnit}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units: 1500 → `1.5 kB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '—';
  let size = bytes;
  let unit: (typeof byteUnits)[number] = 'B';
  for (const next of byteUnits.slice(1)) {
    if (Math.abs(size) < 1_000) break;
    size /= 1_000;
    unit = next;
  }
  return unit === 'B'
    ? `${grouped.format(size)} B`
    : `${formatCount(size, Math.abs(size) < 100 ? 1 : 0)} ${unit}`;
}

/** `1 event`, `2 events`; the plural is given where an `s` would not do. */
export function counted(value: Figure, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 || value === 1n ? one : many}`;
}
