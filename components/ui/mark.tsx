/** The sign of a reprise: two dots before a double bar, play it again. */
export function Mark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" className="size-5 text-accent" fill="currentColor">
      <circle cx="5" cy="7" r="1.8" />
      <circle cx="5" cy="13" r="1.8" />
      <rect x="9.5" y="2.5" width="1.6" height="15" rx="0.6" />
      <rect x="13" y="2.5" width="3.4" height="15" rx="0.8" />
    </svg>
  );
}
