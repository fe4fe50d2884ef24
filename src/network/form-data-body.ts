import { randomUUID } from 'node:crypto';
import type { RequestBody } from './request-body.ts';

/** Encodes a form as `multipart/form-data`, without reading its files into memory. RFC 7578; HTML, "multipart/form-data". */
export function encodeFormData(form: FormData): RequestBody {
  const boundary = `----sojourn-${randomUUID()}`;
  const parts: (Buffer | Blob)[] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      parts.push(
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}"\r\n\r\n${crlf(value)}\r\n`,
        ),
      );
    } else {
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}"; filename="${escape(value.name)}"\r\n`;
      parts.push(
        Buffer.from(`${head}Content-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`),
        value,
        Buffer.from('\r\n'),
      );
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const onlyText = parts.every(part => Buffer.isBuffer(part));
  const bytes = onlyText ? Buffer.concat(parts) : undefined;
  return {
    open: () => bytes ?? (stream(parts) as never),
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: parts.reduce((sum, part) => sum + (Buffer.isBuffer(part) ? part.byteLength : part.size), 0),
    replayable: true,
    cancel() {},
  };
}

async function* stream(parts: readonly (Buffer | Blob)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (Buffer.isBuffer(part)) yield part;
    else yield* part.stream();
  }
}

/** HTML, "escape a multipart/form-data name". */
function escape(name: string): string {
  return crlf(name).replace(/\r\n/g, '%0D%0A').replace(/"/g, '%22');
}

function crlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
