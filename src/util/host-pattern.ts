/**
 * Makes a test of hosts from a pattern with `*` (any number of characters) and `?` (none or one); `\` takes the next
 * character as it is. The pattern covers the whole host. Takes time in proportion to pattern times host at worst.
 *
 * @param pattern - Lower-case.
 * @see Chromium base/strings/pattern.cc
 */
export function hostPattern(pattern: string): (host: string) => boolean {
  const segments = parseSegments(pattern);
  return host => matches(segments, host);
}

/** Some wildcards and the literal text after them. */
interface Segment {
  /** How many characters the wildcards may cover. */
  readonly skip: number;
  readonly text: string;
}

function parseSegments(pattern: string): readonly Segment[] {
  const segments: Segment[] = [];
  for (let at = 0; at === 0 || at < pattern.length; ) {
    let skip = 0;
    for (; pattern[at] === '*' || pattern[at] === '?'; at++) skip += pattern[at] === '*' ? Number.POSITIVE_INFINITY : 1;
    let text = '';
    for (; at < pattern.length && pattern[at] !== '*' && pattern[at] !== '?'; at++) {
      if (pattern[at] === '\\') at++;
      text += pattern[at] ?? '';
    }
    segments.push({ skip, text });
    if (at === pattern.length) break;
  }
  return segments;
}

function matches(segments: readonly Segment[], host: string): boolean {
  let from = 0;
  for (const [index, { skip, text }] of segments.entries()) {
    // The last piece must end where the host ends; others are taken where they first occur.
    const last = index === segments.length - 1;
    const found = last ? host.length - text.length : host.indexOf(text, from);
    if (found < from || found - from > skip || !host.startsWith(text, found)) return false;
    from = found + text.length;
  }
  return true;
}
