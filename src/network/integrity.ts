import { createHash } from 'node:crypto';

const strength = ['sha256', 'sha384', 'sha512'] as const;
const pattern = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/;

/** Whether `bytes` are what `metadata` (as in `<script integrity>`) says; unknown algorithms do not count. SRI 3.3.5. */
export function matchesIntegrity(bytes: Uint8Array, metadata: string): boolean {
  const entries = metadata.split(/\s+/).flatMap(item => {
    const match = pattern.exec(item);
    return match ? [{ algorithm: match[1] as (typeof strength)[number], digest: toBase64(match[2]!) }] : [];
  });
  const strongest = strength.findLast(algorithm => entries.some(entry => entry.algorithm === algorithm));
  if (!strongest) return true;
  const actual = createHash(strongest).update(bytes).digest('base64');
  return entries.some(entry => entry.algorithm === strongest && entry.digest === actual);
}

function toBase64(text: string): string {
  return text.replace(/-/g, '+').replace(/_/g, '/');
}
