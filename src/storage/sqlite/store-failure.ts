import { StoreError, type SojournErrorCode } from '../../util/errors.ts';

// The primary result code is the low byte. @see https://sqlite.org/rescode.html
const byResultCode: Readonly<Record<number, SojournErrorCode>> = {
  5: 'ERR_STORE_BUSY', // SQLITE_BUSY
  6: 'ERR_STORE_BUSY', // SQLITE_LOCKED
  8: 'ERR_STORE_READONLY', // SQLITE_READONLY
  11: 'ERR_STORE_CORRUPT', // SQLITE_CORRUPT
  13: 'ERR_STORE_FULL', // SQLITE_FULL
  26: 'ERR_STORE_CORRUPT', // SQLITE_NOTADB
};
/** SQLITE_IOERR_SHMSIZE: the shared index of the log could not grow, for want of room. */
const shmSize = 4874;

const byErrno: Readonly<Record<string, SojournErrorCode>> = {
  EACCES: 'ERR_STORE_READONLY',
  EPERM: 'ERR_STORE_READONLY',
  EROFS: 'ERR_STORE_READONLY',
  ENOSPC: 'ERR_STORE_FULL',
  EDQUOT: 'ERR_STORE_FULL',
};

const reasons: Partial<Record<SojournErrorCode, string>> = {
  ERR_STORE_BUSY: 'another process holds it',
  ERR_STORE_READONLY: 'it cannot be written',
  ERR_STORE_CORRUPT: 'it is damaged',
  ERR_STORE_FULL: 'the disk is full',
};

/**
 * What the driver or the file system threw, as the error that callers match; a StoreError stays what it is.
 *
 * @param action - What could not be done, as in `open the store`.
 */
export function storeFailure(action: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const known =
    errcode === undefined ? byErrno[code ?? ''] : errcode === shmSize ? 'ERR_STORE_FULL' : byResultCode[errcode & 0xff];
  const found = known ?? 'ERR_STORE_FAILED';
  // The driver's own words are kept to the cause: they may quote what was stored.
  return new StoreError(found, `Cannot ${action}: ${reasons[found] ?? 'the driver failed'}`, {
    cause: error,
  });
}
