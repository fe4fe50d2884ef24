import { bufferedBody, type RequestBody } from './request-body.ts';
import { StreamedBody, streamSource } from './streamed-body.ts';

/** What is gathered of a body; a chunk that goes beyond it is the last one. */
const maxGatheredBytes = 4 * 1024 * 1024;

/** Turns of the event loop that a chunk may take; a Blob in memory needs one. */
const maxTurns = 3;

/**
 * Reads the body of a Request object into memory if it is there already, as that of a string, a form or a Blob is.
 *
 * A Request does not tell where its body is from. Gathered, it is sent with its length, and again after a redirect, as
 * fetch has it; one that is made as it is read, or is large, is sent as it comes.
 */
export async function gatherBody(stream: ReadableStream<Uint8Array>): Promise<RequestBody> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= maxGatheredBytes; ) {
    const next = reader.read();
    const outcome = await Promise.race([next, turns(maxTurns)]);
    if (!outcome) return rest(reader, [...chunks.map(value => Promise.resolve({ value })), next]);
    if (outcome.done) return bufferedBody(Buffer.concat(chunks));
    if (!(outcome.value instanceof Uint8Array)) return rest(reader, [next]);
    chunks.push(outcome.value);
    size += outcome.value.byteLength;
  }
  return rest(
    reader,
    chunks.map(value => Promise.resolve({ value })),
  );
}

type Chunk = Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;

function rest(reader: ReadableStreamDefaultReader<unknown>, gathered: Chunk[]): RequestBody {
  // Whoever asks for it meets its failure.
  for (const chunk of gathered) chunk.catch(() => {});
  const source = streamSource(reader);
  return new StreamedBody({ ...source, next: () => gathered.shift() ?? source.next() });
}

async function turns(count: number): Promise<undefined> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve));
}
