import { crypto } from '../../util/builtins.ts';

/** What the id of a body says of it: an id goes with its record, so that body and checksum lie in different places. */
export interface BodyId {
  /** In the database, or in a file of its own. */
  readonly kind: 'inline' | 'file';
  /** Milliseconds since the epoch, to the second. */
  readonly createdAt: number;
  readonly size: number;
  /** CRC-32 of the body; of a file, CRC-32 of the checksums of its blocks. */
  readonly checksum: number;
}

const letters = { inline: 'i', file: 'f' } as const;
const pattern = /^([if])\.([0-9a-z]{1,9})\.[\w-]{16}\.([0-9a-z]{1,10})\.([0-9a-z]{1,7})$/;

/** A new id; it is fit to be the name of a file. */
export function makeBodyId({ kind, createdAt, size, checksum }: BodyId): string {
  const seconds = Math.floor(createdAt / 1000);
  // Unique among all processes that ever wrote here, so it is drawn, not counted.
  const unique = crypto().randomBytes(12).toString('base64url');
  return [letters[kind], seconds.toString(36), unique, size.toString(36), checksum.toString(36)].join('.');
}

/** undefined when the text is no id of a body; it may come from a damaged record. */
export function parseBodyId(text: string): BodyId | undefined {
  const [, letter, seconds, size, checksum] = pattern.exec(text) ?? [];
  if (!seconds || !size || !checksum) return undefined;
  return {
    kind: letter === letters.inline ? 'inline' : 'file',
    createdAt: Number.parseInt(seconds, 36) * 1000,
    size: Number.parseInt(size, 36),
    checksum: Number.parseInt(checksum, 36),
  };
}
